/**
 * The cuts made so far as a binary tree, and at which node each client stands: at a leaf it is a member of that group, at
 * an inner node it is on its way down, one node a round. Kept in a strategy's state, so all functions are pure.
 *
 * numbers   nodes                how many there are; node 0 is the root
 *           inner/N              the first child of node N; the second is the next number
 *           group/N              number of the group of leaf N
 *           member/ID            node of a client
 * vectors   model/N              of a leaf: the group's model (not of group 0: that is the global one); of an inner node: that of the cut
 *           side/N               mean update of those who went to child N
 */
import type { StrategyState } from '../strategies/strategy';

export const ROOT = 0;

export const childrenOf = ({ numbers }: StrategyState, node: number): [number, number] | undefined => {
  const first = numbers[`inner/${node}`];
  return first === undefined ? undefined : [first, first + 1];
};

export const nodeOf = ({ numbers }: StrategyState, client: string): number => numbers[`member/${client}`] ?? ROOT;

/** undefined: it is no leaf. */
export const groupOf = ({ numbers }: StrategyState, node: number): number | undefined => numbers[`group/${node}`];

/** The leaf of each group, in the order of the groups. */
export function leaves(state: StrategyState): number[] {
  const all: number[] = [];
  for (let node = 0; node < state.numbers.nodes; node++) {
    const group = groupOf(state, node);
    if (group !== undefined) all[group] = node;
  }
  return all;
}

export const firstTree = (): StrategyState => ({ numbers: { nodes: 1, [`group/${ROOT}`]: 0 }, vectors: {} });

export interface Side {
  clients: readonly string[];
  /** Mean of their updates. */
  mean: Float32Array;
  model: Float32Array;
}

/** The first side keeps the number of the group. `model`: of the node before the cut. */
export function cut(
  state: StrategyState,
  node: number,
  model: Float32Array,
  sides: readonly [Side, Side],
): StrategyState {
  const group = groupOf(state, node);
  if (group === undefined) throw new RangeError(`Node ${node} is no leaf`);
  const count = leaves(state).length;
  const { [`group/${node}`]: _, nodes, ...numbers } = state.numbers;
  const vectors = { ...state.vectors, [`model/${node}`]: model };
  numbers[`inner/${node}`] = nodes;
  sides.forEach((side, i) => {
    const child = nodes + i;
    numbers[`group/${child}`] = i === 0 ? group : count;
    if (numbers[`group/${child}`] !== 0) vectors[`model/${child}`] = side.model;
    vectors[`side/${child}`] = side.mean;
    for (const client of side.clients) numbers[`member/${client}`] = child;
  });
  return { numbers: { ...numbers, nodes: nodes + 2 }, vectors };
}

export const placed = (state: StrategyState, client: string, node: number): StrategyState => ({
  ...state,
  numbers: { ...state.numbers, [`member/${client}`]: node },
});
