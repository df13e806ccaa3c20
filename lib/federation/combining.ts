/** The rule over the updates of a round: who is left out and why, and the aggregate that a strategy gets for a mean. */
import { createRule } from '../robust/create-rule';
import type { RuleOptions } from '../robust/options';
import type { Combined, RuleInput, RuleKernels } from '../robust/rule';
import type { RoundAggregate } from './aggregation';

/** Carries a rule out, at best not on the event loop. */
export type Combine = (options: RuleOptions, input: RuleInput) => Promise<Combined>;

/** On this thread. */
export const combineHere =
  (kernels: RuleKernels): Combine =>
  async (options, input) => {
    const rule = createRule(options);
    if (!rule) throw new RangeError('The mean needs no rule.');
    return rule.combine(input, kernels);
  };

export interface Judged {
  client: string;
  score: number;
  /** Why its update has no part in the aggregate; absent: it has. */
  reason?: string;
}

/**
 * What a rule remembers of the rounds before: its last aggregate by group ("0" where there are none), or the sum of the
 * updates of each client by its name, those that answered last at the end.
 */
export interface RuleMemory {
  rule: string;
  vectors: ReadonlyMap<string, Float32Array>;
}

/** Bytes of sums of updates that are kept; of clients that answered longest ago they are forgotten first. */
const MOST_REMEMBERED = 512e6;

export interface CombiningParts {
  options: RuleOptions;
  /** Answers of the round that could not be used: so many of the f attackers have been found already. */
  found: number;
  /** Groups of the strategy; 0: it knows none. */
  groups: number;
  memory?: RuleMemory;
  seed: number;
  combine: Combine;
}

/**
 * The rule against f attackers; against fewer where there are too few updates for it, but only by as many as have been found:
 * n - 1 updates of which f - 1 lie are no worse than n of which f do.
 */
export function expecting(options: RuleOptions, found: number, updates: number): RuleOptions {
  if (!('f' in options) || options.f === undefined) return options;
  const least = Math.max(options.name === 'trimmed-mean' ? 1 : 0, options.f - found);
  for (let { f } = options; f > least; f--) {
    const fewer = { ...options, f };
    if ((createRule(fewer)?.needed ?? 0) <= updates) return fewer;
  }
  return { ...options, f: least };
}

/** Those that are newest, and at least as many as answered in this round. */
export function withinLimit(
  vectors: ReadonlyMap<string, Float32Array>,
  answered: number,
  most = MOST_REMEMBERED,
): ReadonlyMap<string, Float32Array> {
  const [first] = vectors.values();
  const kept = Math.max(answered, Math.floor(most / (first?.byteLength ?? 1)));
  return vectors.size <= kept ? vectors : new Map([...vectors].slice(-kept));
}

const withMean = (aggregate: RoundAggregate, mean: Float32Array | undefined): RoundAggregate => ({
  ...aggregate,
  mean(which = 0, divisor = aggregate.totalWeight) {
    if (!mean || which !== 0 || divisor !== aggregate.totalWeight) {
      throw new RangeError('A rule gives one aggregate, of the updates themselves.');
    }
    return mean;
  },
});

/** `own`: the aggregator's update. Takes what it needs of `aggregate` before it waits. Rejects with RefusedError when nothing can be made of the updates. */
export async function combineRound(
  aggregate: RoundAggregate,
  { options, found, groups, memory, seed, combine }: CombiningParts,
  own?: Promise<Float32Array>,
): Promise<{ aggregate: RoundAggregate; judged: Judged[]; memory?: RuleMemory }> {
  const uses = createRule(options)?.uses;
  const remembers = uses === 'previous' || uses === 'history';
  const remembered = new Map(remembers && memory?.rule === options.name ? memory.vectors : []);
  const parts = groups > 0 ? Array.from({ length: groups }, (_, group) => aggregate.part(group)) : [aggregate];
  const inputs = parts.map((part, group) => ({
    vectors: part.vectors(),
    weights: part.weights,
    norms: part.updates.map(({ norm }) => norm),
    seed,
    ...(uses === 'previous' ? { previous: remembered.get(String(group)) } : {}),
    ...(uses === 'history' ? { histories: part.updates.map(({ client }) => remembered.get(client)) } : {}),
  }));
  const root = await own;
  const judged: Judged[] = [];
  const means: (Float32Array | undefined)[] = [];
  for (const [group, input] of inputs.entries()) {
    if (input.vectors.length === 0) {
      means.push(undefined);
      continue;
    }
    const combined = await combine(expecting(options, found, input.vectors.length), root ? { ...input, root } : input);
    means.push(combined.aggregate);
    if (uses === 'previous') remembered.set(String(group), combined.aggregate);
    for (const [index, sum] of (combined.histories ?? []).entries()) {
      const { client } = parts[group].updates[index];
      // At the end, whether it was known or not.
      remembered.delete(client);
      remembered.set(client, sum);
    }
    const reasons = new Map(combined.rejected.map(({ index, reason }) => [index, reason]));
    for (const [index, { client }] of parts[group].updates.entries()) {
      const reason = reasons.get(index);
      judged.push({ client, score: combined.scores[index], ...(reason ? { reason } : {}) });
    }
  }
  judged.sort((a, b) => (a.client < b.client ? -1 : 1));
  return {
    aggregate:
      groups > 0
        ? { ...aggregate, part: (group) => withMean(parts[group], means[group]) }
        : withMean(aggregate, means[0]),
    judged,
    ...(remembers ? { memory: { rule: options.name, vectors: withinLimit(remembered, judged.length) } } : {}),
  };
}
