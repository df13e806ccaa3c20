/**
 * Numbers as codes that can be added modulo 2^32. As in Flower's SecAgg, [-clip, clip] is laid over 0 ... range with the
 * range itself as highest code; a number between two codes takes one of them by chance, so that nothing is lost on average.
 */
import { randomFillSync } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { SecureSettings } from '../../update/message';
import { ring } from './settings';

/** Gives numbers from 0 to below 2^32 in `block`. */
export type FillWords = (block: Uint32Array) => unknown;

/** Words of chance that are drawn at a time. */
const BLOCK = 4096;
const perWord = 2 ** -32;

type Codes = Pick<SecureSettings, 'clip' | 'range'> & {
  /** Numbers beyond the clip are left as they are, and their codes are modulo 2^32. */
  unbounded?: boolean;
};

/** The weight of an update as a code: of maxSamples samples or more the range, of fewer that part of it, at least 1. */
export function weightCode(samples: number, { range, maxSamples }: SecureSettings): number {
  if (maxSamples === undefined) return range;
  return Math.max(1, Math.round((Math.min(samples, maxSamples) / maxSamples) * range));
}

/**
 * Writes the codes of `vector` times weight / range into `into`. Throws RefusedError 'not-finite'. One pass, no
 * allocation but one block of chance.
 */
export function quantise(
  vector: Float32Array,
  { clip, range, unbounded = false }: Codes,
  into: Uint32Array,
  weight = range,
  fill: FillWords = randomFillSync,
): { clipped: number } {
  const chance = new Uint32Array(Math.min(BLOCK, vector.length));
  const scale = weight / (2 * clip);
  // Where 0 lies; of a lighter update all lies nearer to it.
  const middle = range / 2;
  let clipped = 0;
  for (let start = 0; start < vector.length; start += BLOCK) {
    fill(chance);
    const end = Math.min(vector.length, start + BLOCK);
    for (let i = start; i < end; i++) {
      let value = vector[i];
      if (!(value >= -clip && value <= clip)) {
        if (!Number.isFinite(value))
          throw new RefusedError(
            'not-finite',
            'The update holds NaN or infinity: the training that made it has diverged.',
          );
        if (!unbounded) {
          value = value > 0 ? clip : -clip;
          clipped++;
        }
      }
      // Rounding in float64 may pass an end by a little; the codes must not.
      const code = Math.floor(middle + value * scale + chance[i - start] * perWord);
      into[i] = unbounded ? code : code < 0 ? 0 : code > range ? range : code;
    }
  }
  chance.fill(0);
  return { clipped };
}

/** `x` modulo hi - lo, in [lo, hi): what a sum modulo R stands for when it is known to lie there. */
export function modularClip(x: number, lo: number, hi: number): number {
  if (!(hi > lo)) throw new RangeError(`[${lo}, ${hi}) is empty`);
  const width = hi - lo;
  const rest = (x - lo) % width;
  return lo + (rest < 0 ? rest + width : rest);
}

/**
 * Where the sum of the codes of so many lies, as [lo, hi) of the ring's width: 0 ... clients * range in its middle, so that
 * what is out of place, by noise or by a lie, is told from it at both ends.
 */
export function window(clients: number, range: number): [lo: number, hi: number] {
  const lo = Math.ceil((clients * range - ring) / 2);
  return [lo, lo + ring];
}

/** The sum of the numbers of `clients` updates, of the sum of their codes modulo 2^32. */
export function dequantise(sum: Uint32Array, { clip, range }: Codes, clients: number): Float64Array {
  const [lo, hi] = window(clients, range);
  const middle = (clients * range) / 2;
  const step = (2 * clip) / range;
  const numbers = new Float64Array(sum.length);
  for (let i = 0; i < sum.length; i++) numbers[i] = (modularClip(sum[i], lo, hi) - middle) * step;
  return numbers;
}
