/**
 * The attacks of clients that know of each other: the honest updates of a round are gathered, those of attacked clients are
 * kept back until all have come, and then all attackers send the same vector. Honest updates are not held up.
 */
import type { Message, UpdateHeader } from '../update/message';
import { innerProduct } from './inner-product';
import { largestZ, littleIsEnough } from './little-is-enough';
import type { AttackOptions } from './options';

export type CollusiveAttack = Extract<AttackOptions, { name: 'little-is-enough' | 'inner-product' }>;

interface Known {
  client: string;
  attacked: boolean;
  vector: Float32Array;
}

export interface Held<T> {
  item: T;
  message: Message<UpdateHeader>;
}

/** One asking of a round. */
export interface Gathering<T> {
  readonly key: string;
  readonly answered: Set<string>;
  readonly attackers: Set<string>;
  readonly known: Known[];
  readonly held: Held<T>[];
  /** The largest that anybody said: who lies can only make it wait until its time is over. */
  expected: number;
  bytes: number;
}

export const gatheringOf = <T>(key: string): Gathering<T> => ({
  key,
  answered: new Set(),
  attackers: new Set(),
  known: [],
  held: [],
  expected: 0,
  bytes: 0,
});

export const isComplete = ({ answered, expected }: Gathering<unknown>): boolean => answered.size >= expected;

/**
 * What each attacker sends in place of a vector of `length` numbers: made of the updates that are known, sorted by client,
 * so that it does not depend on who was faster. `own`: when nothing else is known.
 */
export function forged(
  { known, attackers, answered, expected }: Omit<Gathering<unknown>, 'key' | 'held' | 'bytes'>,
  attack: CollusiveAttack,
  own: Float32Array,
): Float32Array {
  const same = known
    .filter(({ vector }) => vector.length === own.length)
    .sort((a, b) => (a.client < b.client ? -1 : 1));
  const chosen = same.filter(({ attacked }) => attacked === (attack.knows === 'attackers'));
  const vectors = (chosen.length > 0 ? chosen : same).map(({ vector }) => vector);
  const given = vectors.length > 0 ? vectors : [own];
  if (attack.name === 'inner-product') return innerProduct(given, attack.epsilon);
  const n = Math.max(expected, answered.size);
  return littleIsEnough(given, attack.deviations ?? largestZ(n, attackers.size));
}
