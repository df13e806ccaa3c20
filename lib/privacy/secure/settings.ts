/** How a secure sum is set: what the ring holds, how many shares open a secret, and what that protects from. */
import { RefusedError } from '../../refused';
import { limits } from '../../update/limits';
import type { SecureSettings } from '../../update/message';
import { enoughNeighbours } from './degree';

/** Sums are modulo 2^32. */
export const ring = 2 ** 32;
/** More than float32 can tell apart. */
const mostRange = 2 ** 24;
/** Coarser than this, half a percent of the interval is lost in each number. */
const leastRange = 200;
const twoThirds = 2 / 3;

export interface SecureOptions {
  /** Each number of an update is held to [-clip, clip]. */
  clip: number;
  /** An update of so many samples or more weighs 1, one of fewer that part of it. */
  maxSamples: number;
  /** More than this share of those who hold a secret must answer: from a half to below 1; default 2/3. */
  threshold?: number;
  /** With how many others each client shares masks; default: all of a small cohort, else what SecAgg+ needs. */
  neighbours?: number;
  /** Keys are signed, and who is left is agreed on: for aggregators that may lie. */
  signed?: boolean;
}

const bad = (message: string): RefusedError => new RefusedError('secure-settings', message);

/**
 * The finest codes 0 ... range (even, so that 0 has one) that so many can add up in half of the ring: a sum in the other
 * half was masked or unmasked wrongly, and is told by it.
 */
export const finestRange = (clients: number): number => Math.min(mostRange, 2 * Math.floor(ring / 4 / clients));

/** Throws RefusedError 'secure-settings' when so many cannot be added up: the sum would begin anew at 0. */
export function requireRoom({ range }: Pick<SecureSettings, 'range'>, clients: number): void {
  if (range * clients < ring) return;
  throw bad(
    `The codes of ${clients} clients, up to ${range} each, add up to ${range * clients}, and the sum holds ${ring - 1}: lower the range to ${finestRange(clients)}.`,
  );
}

/**
 * What a cohort of so many is told. `weights`: by samples, or each the same. Throws RefusedError 'secure-settings', with
 * the numbers, for what cannot be done.
 */
export function secureSettings(
  options: SecureOptions,
  clients: number,
  weights: 'samples' | 'uniform' = 'samples',
): SecureSettings {
  const { clip, maxSamples, threshold = twoThirds, signed } = options;
  if (!(clip > 0 && clip <= 1e9)) throw bad(`Set the clip of the secure sum above 0 and up to 1e9: ${clip} is not.`);
  if (!(threshold >= 0.5 && threshold < 1)) {
    throw bad(
      `Set the threshold of the secure sum from 0.5 to below 1: with ${threshold} two halves could be asked apart.`,
    );
  }
  if (!Number.isInteger(maxSamples) || maxSamples < 1 || maxSamples > limits.samples) {
    throw bad(`Set the most samples that count to a whole number from 1 to ${limits.samples}: ${maxSamples} is not.`);
  }
  if (clients > limits.secureCohort) {
    throw bad(
      `Ask at most ${limits.secureCohort} clients for a secure sum, not ${clients}: each hears the keys of all.`,
    );
  }
  const neighbours = options.neighbours ?? enoughNeighbours(clients, threshold);
  const odd = neighbours < clients - 1 && neighbours % 2 === 1;
  if (!Number.isInteger(neighbours) || neighbours < 2 || neighbours > limits.secureNeighbours || odd) {
    throw bad(
      `Set the neighbours of the secure sum to an even number from 2 to ${limits.secureNeighbours}: ${neighbours} is not.`,
    );
  }
  const range = finestRange(Math.max(1, clients));
  if (range < leastRange) throw bad(`${clients} clients leave ${range} steps to each number: ask fewer.`);
  return {
    threshold,
    neighbours,
    clip,
    range,
    ...(weights === 'samples' ? { maxSamples } : {}),
    ...(signed ? { signed } : {}),
  };
}
