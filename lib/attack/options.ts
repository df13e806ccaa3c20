/** The attacks and what each takes, checked before anything is attacked. Every number has the letter or word of its paper. */
import { RefusedError } from '../refused';
import { limits } from '../update/limits';

/** What an attack of several clients is given: the honest updates of the attacked clients alone, or of all the others. */
export type Knows = 'attackers' | 'everybody';

export type AttackOptions =
  | { name: 'sign-flip'; factor: number }
  /** `gamma` absent: as many as were asked in the round, which replaces the model (Bagdasaryan). */
  | { name: 'scaling'; gamma?: number }
  | { name: 'gaussian'; deviation: number }
  /** `deviations`: z of the paper; absent: the largest that still hides, from how many there are. */
  | { name: 'little-is-enough'; deviations?: number; knows: Knows }
  | { name: 'inner-product'; epsilon: number; knows: Knows }
  /** `from` absent: all classes. `to` absent: the class at the other end, C - 1 - y. */
  | { name: 'label-flip'; from?: number | string; to?: number | string }
  /** Sets these features (from 0) to `value` in a `part` of the samples, whose label becomes `target`. */
  | { name: 'backdoor'; features: readonly number[]; value: number; target: number | string; part: number }
  /** `norm` absent: that of the update which the client would have sent. */
  | { name: 'free-rider'; sends: 'zero' | 'noise' | 'earlier'; norm?: number }
  | { name: 'not-finite'; number: 'nan' | 'infinity'; where: 'one' | 'all' }
  | { name: 'wrong-counts'; samples: number }
  /** `age`: rounds. `as`: the old numbers under the header of this round, or the old message as it was. */
  | { name: 'replay'; age: number; as: 'numbers' | 'message' }
  /** Each attacked client speaks under so many names more. */
  | { name: 'sybils'; names: number };

export type AttackName = AttackOptions['name'];

/** What each attack changes. */
export const attacks: Readonly<Record<AttackName, 'samples' | 'update'>> = {
  'sign-flip': 'update',
  scaling: 'update',
  gaussian: 'update',
  'little-is-enough': 'update',
  'inner-product': 'update',
  'label-flip': 'samples',
  backdoor: 'samples',
  'free-rider': 'update',
  'not-finite': 'update',
  'wrong-counts': 'update',
  replay: 'update',
  sybils: 'update',
};

export const attackNames = Object.keys(attacks) as AttackName[];

const bad = (message: string): RefusedError => new RefusedError('bad-setting', message);

function within(value: number | undefined, name: string, least: number, most: number, whole = false): void {
  if (value === undefined) return;
  if (Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  throw bad(`Set ${name} to a ${whole ? 'whole ' : ''}number from ${least} to ${most}: ${value} is not.`);
}

/** Throws RefusedError 'bad-setting', one sentence. Gives back what it was given. */
export function checkAttack(options: AttackOptions): AttackOptions {
  switch (options.name) {
    case 'sign-flip':
      within(options.factor, 'the factor', 0, 1e9);
      break;
    case 'scaling':
      within(options.gamma, 'gamma', -1e9, 1e9);
      break;
    case 'gaussian':
      within(options.deviation, 'the standard deviation', 0, 1e9);
      break;
    case 'little-is-enough':
      within(options.deviations, 'the deviations', -100, 100);
      break;
    case 'inner-product':
      within(options.epsilon, 'epsilon', 0, 1e9);
      break;
    case 'backdoor':
      within(options.value, 'the value of the trigger', -3e38, 3e38);
      within(options.part, 'the part of the samples', 0, 1);
      if (options.features.length === 0) throw bad('Name at least one feature that the trigger sets, from 0.');
      for (const feature of options.features) {
        within(feature, 'each feature of the trigger', 0, limits.features - 1, true);
      }
      break;
    case 'free-rider':
      within(options.norm, 'the norm', 0, 1e12);
      break;
    case 'replay':
      within(options.age, 'the age in rounds', 1, 100, true);
      break;
    case 'sybils':
      within(options.names, 'the number of further names', 1, 1000, true);
      break;
    // Any count may be claimed, and a label is checked where the classes are known.
    case 'wrong-counts':
    case 'label-flip':
    case 'not-finite':
      break;
  }
  return options;
}
