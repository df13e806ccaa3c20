/**
 * Clustered federated learning (Sattler 2019, arXiv 1910.01991). It begins as FedAvg in one group. When a group stands still
 * though its clients pull, |mean d| < eps1 and max |d_k| > eps2, it is cut in two by the cosines of their updates. eps1 and
 * eps2 are shares of the median norm of the updates in the first round that has any: one long update there must not keep the
 * group together for ever. A client that was not there at a cut is placed later, by one update from the model of that cut for
 * each node on its way down.
 */

import { medianNorm } from '../../robust/norm-bound';
import { normOf } from '../../update/vector';
import { bipartition, cosine, similarities } from '../groups/bipartition';
import { childrenOf, cut, firstTree, groupOf, leaves, nodeOf, placed } from '../groups/tree';
import { moved } from './moved';
import type { OptionsOf } from './options';
import { refuseSetting, upTo } from './parameters';
import type { Aggregate, Strategy, StrategyState, UpdateFacts } from './strategy';
import { bySamples } from './weights';

/** The part of the aggregate that moves no model: updates of clients on their way to a group. */
export const ON_THE_WAY = -1;
/** The cut is found among so many, and the others go to the side that they are more alike: the cost grows with the square. */
const MOST_COMPARED = 128;

interface Member {
  client: string;
  update: Float32Array;
  weight: number;
  norm: number;
}

/** sum p_k d_k in float64, rounded once. Zero when all weights are. */
function weightedMean(members: readonly Member[], size: number): Float32Array {
  const sum = new Float64Array(size);
  let total = 0;
  for (const { update, weight } of members) {
    total += weight;
    for (let i = 0; i < size; i++) sum[i] += weight * update[i];
  }
  return Float32Array.from(sum, (value) => (total > 0 ? value / total : 0));
}

const membersOf = (part: Aggregate): Member[] => {
  const vectors = part.vectors();
  return part.updates.map((facts, i) => ({
    client: facts.client,
    update: vectors[i],
    weight: bySamples(facts),
    norm: facts.norm,
  }));
};

/** The greatest norm of all. */
const longest = (all: readonly { norm: number }[]): number => all.reduce((most, { norm }) => Math.max(most, norm), 0);

/** The middle norm of all that are not zero; 0 where there is none. */
function medianOf(all: readonly { norm: number }[]): number {
  const norms = Float64Array.from(all, ({ norm }) => norm).filter((norm) => norm > 0);
  return norms.length > 0 ? medianNorm(norms) : 0;
}

/** Two sides, or undefined when one of them would be smaller than `least`. */
function sidesOf(members: readonly Member[], size: number, least: number): [Member[], Member[]] | undefined {
  const compared = members.slice(0, MOST_COMPARED);
  if (compared.length < 2) return undefined;
  const { sides } = bipartition(similarities(compared.map(({ update }) => update)), compared.length);
  const two: [Member[], Member[]] = [[], []];
  for (const [i, member] of compared.entries()) two[sides[i] ? 1 : 0].push(member);
  const [a, b] = two.map((side) => weightedMean(side, size));
  for (const member of members.slice(MOST_COMPARED)) {
    two[cosine(member.update, b) > cosine(member.update, a) ? 1 : 0].push(member);
  }
  return two.every((side) => side.length >= least) ? two : undefined;
}

export function clustered({ eps1 = 0.4, eps2 = 0.4, minGroup = 2, maxGroups = 8 }: OptionsOf<'clustered'>): Strategy {
  upTo(eps1, 'eps1', 1);
  upTo(eps2, 'eps2', 1);
  if (!(eps2 >= eps1))
    refuseSetting(`Set eps2 to at least eps1 (${eps1}): a group is cut when its clients pull more than it moves.`);
  if (!Number.isInteger(minGroup) || minGroup < 1)
    refuseSetting('Set the least size of a group to a whole number from 1 on.');
  if (!Number.isInteger(maxGroups) || maxGroups < 2 || maxGroups > 64) {
    refuseSetting('Set the greatest number of groups to a whole number from 2 to 64.');
  }
  const modelAt = (state: StrategyState, global: Float32Array, node: number): Float32Array =>
    groupOf(state, node) === 0 ? global : state.vectors[`model/${node}`];

  /** Clients on their way go one node down. */
  const walked = (before: StrategyState, part: Aggregate): StrategyState => {
    let state = before;
    for (const { client, update } of membersOf(part)) {
      const children = childrenOf(before, nodeOf(before, client));
      if (!children) continue;
      const [a, b] = children.map((child) => cosine(update, before.vectors[`side/${child}`]));
      state = placed(state, client, b > a ? children[1] : children[0]);
    }
    return state;
  };

  return {
    name: 'clustered',
    needs: 'vectors',
    vectorsPerUpdate: 1,
    uniformMean: false,
    groups: {
      count: (state) => leaves(state).length,
      of: ({ client }: UpdateFacts, state) => groupOf(state, nodeOf(state, client)) ?? ON_THE_WAY,
      audiences(state, global, cohort) {
        if (cohort.length === 0) {
          return leaves(state).map((node, group) => ({ cohort: [], vectors: [modelAt(state, global, node)], group }));
        }
        const byNode = new Map<number, string[]>();
        for (const client of cohort) {
          const node = nodeOf(state, client);
          byNode.set(node, [...(byNode.get(node) ?? []), client]);
        }
        return [...byNode.entries()]
          .sort(([a], [b]) => a - b)
          .map(([node, clients]) => ({
            cohort: clients,
            vectors: [modelAt(state, global, node)],
            group: groupOf(state, node) ?? ON_THE_WAY,
          }));
      },
    },
    start: firstTree,
    weigh: bySamples,
    apply(before, global, aggregate) {
      const size = global.length;
      let state = walked(before, aggregate.part(ON_THE_WAY));
      let model = global;
      let first = state.numbers.first ?? 0;
      if (first === 0) {
        first = medianOf(aggregate.part(0).updates);
        state = { ...state, numbers: { ...state.numbers, first } };
      }
      for (const [group, node] of leaves(before).entries()) {
        const members = membersOf(aggregate.part(group));
        if (members.length === 0) continue;
        const start = modelAt(before, global, node);
        const mean = weightedMean(members, size);
        const pull = longest(members);
        const stands = normOf(mean) < eps1 * first && pull > eps2 * first && leaves(state).length < maxGroups;
        const two = stands ? sidesOf(members, size, minGroup) : undefined;
        if (!two) {
          const next = moved(start, mean);
          if (group === 0) model = next;
          else state = { ...state, vectors: { ...state.vectors, [`model/${node}`]: next } };
          continue;
        }
        const sides = two.map((side) => {
          const own = weightedMean(side, size);
          return { clients: side.map(({ client }) => client), mean: own, model: moved(start, own) };
        });
        const [a, b] = sides;
        if (group === 0) model = a.model;
        state = cut(state, node, start, [a, b]);
      }
      return { state, model };
    },
  };
}
