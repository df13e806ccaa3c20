/**
 * Quantiles of numbers that never leave where they are: a histogram over fixed buckets that grow with the numbers, so that
 * any quantile is known to a relative error of at most 1/65, and histograms of many clients add up to that of all, in any
 * order, to the bit. It is a DDSketch (Masson, Rim & Lee 2019, arXiv:1908.10693) whose buckets are those of its fast variant:
 * each doubling is cut into 32 equal parts, which needs no logarithm.
 *
 * Numbers below 2^-40 count as 0; numbers from 2^40 up fall into the last bucket. At most 512 buckets are kept: where there
 * are more, the lowest are joined, and only quantiles down there lose their bound.
 */
import { RefusedError } from '../refused';

const PARTS = 32;
const LOWEST = -40;
const HIGHEST = 40;
const BUCKETS = (HIGHEST - LOWEST) * PARTS;
export const MOST_BUCKETS = 512;
/** Largest relative error of a quantile. */
export const SKETCH_ERROR = 1 / (2 * PARTS + 1);

export interface QuantileSketch {
  /** Numbers that count as 0. */
  readonly zeros: number;
  /** [bucket, numbers in it], ascending, none empty. */
  readonly buckets: readonly (readonly [index: number, count: number])[];
}

export const emptySketch: QuantileSketch = { zeros: 0, buckets: [] };

const bits = new DataView(new ArrayBuffer(8));

/** The bucket of a number of at least 2^LOWEST. */
function bucketOf(value: number): number {
  bits.setFloat64(0, value);
  const exponent = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  const fraction = value / 2 ** exponent - 1;
  return Math.min(BUCKETS - 1, (exponent - LOWEST) * PARTS + Math.floor(fraction * PARTS));
}

/** The number that is at no larger a relative distance from either end of the bucket than from the other. */
function numberOf(bucket: number): number {
  const start = 2 ** (LOWEST + Math.floor(bucket / PARTS));
  const low = start * (1 + (bucket % PARTS) / PARTS);
  const high = low + start / PARTS;
  return (2 * low * high) / (low + high);
}

/** Joins the lowest buckets until there are few enough. */
function few(buckets: [number, number][]): [number, number][] {
  const extra = buckets.length - MOST_BUCKETS;
  if (extra <= 0) return buckets;
  const kept = buckets.slice(extra);
  const joined = buckets.slice(0, extra).reduce((sum, [, count]) => sum + count, 0);
  kept[0] = [kept[0][0], kept[0][1] + joined];
  return kept;
}

const sorted = (counts: ReadonlyMap<number, number>): [number, number][] => few([...counts].sort(([a], [b]) => a - b));

/** Throws RangeError for numbers that are negative or not finite. */
export function sketchOf(values: ArrayLike<number>): QuantileSketch {
  const counts = new Map<number, number>();
  let zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${value} cannot be sketched`);
    if (value < 2 ** LOWEST) {
      zeros += 1;
    } else {
      const bucket = bucketOf(value);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
  }
  return { zeros, buckets: sorted(counts) };
}

/** The sketch of all numbers of all. */
export function mergeSketches(sketches: readonly QuantileSketch[]): QuantileSketch {
  const counts = new Map<number, number>();
  let zeros = 0;
  for (const sketch of sketches) {
    zeros += sketch.zeros;
    for (const [bucket, count] of sketch.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return { zeros, buckets: sorted(counts) };
}

export const sketchCount = ({ zeros, buckets }: QuantileSketch): number =>
  buckets.reduce((sum, [, count]) => sum + count, zeros);

/**
 * About the number that q of all numbers are not above: that of rank floor(q (n - 1)) from 0, as in the paper. Undefined
 * when there are none. Throws RangeError for q outside [0, 1].
 */
export function sketchQuantile(sketch: QuantileSketch, q: number): number | undefined {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`${q} is no quantile`);
  const count = sketchCount(sketch);
  if (count === 0) return undefined;
  const rank = Math.floor(q * (count - 1));
  let passed = sketch.zeros;
  if (rank < passed) return 0;
  for (const [bucket, held] of sketch.buckets) {
    passed += held;
    if (rank < passed) return numberOf(bucket);
  }
  return undefined;
}

/** As whole numbers for a message: zeros, then for each bucket how far it is from the one before, and its count. */
export function encodeSketch({ zeros, buckets }: QuantileSketch): number[] {
  let before = -1;
  return [
    zeros,
    ...buckets.flatMap(([bucket, count]) => {
      const gap = bucket - before;
      before = bucket;
      return [gap, count];
    }),
  ];
}

/** Throws RefusedError (code "sketch") for what no 1 to `most` numbers could have given. */
export function decodeSketch(numbers: readonly number[], most: number): QuantileSketch {
  const refuse = (): never => {
    throw new RefusedError('sketch', 'The sketch of the reconstruction errors of this client is none: it is refused.');
  };
  if (numbers.length % 2 === 0 || numbers.length > 1 + 2 * MOST_BUCKETS) refuse();
  if (!numbers.every((number, i) => Number.isInteger(number) && number >= (i === 0 ? 0 : 1))) refuse();
  const buckets: [number, number][] = [];
  let bucket = -1;
  let count = numbers[0];
  for (let i = 1; i < numbers.length; i += 2) {
    bucket += numbers[i];
    count += numbers[i + 1];
    if (bucket >= BUCKETS || count > most) refuse();
    buckets.push([bucket, numbers[i + 1]]);
  }
  if (count < 1 || count > most) refuse();
  return { zeros: numbers[0], buckets };
}

/** How many numbers are behind an encoded sketch. */
export const sketchedNumbers = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number, i) => (i % 2 === 0 ? sum + number : sum), 0);

/** Bytes of the encoded numbers in CBOR, as a message has them outside the process. */
export const sketchBytes = (numbers: readonly number[]): number =>
  numbers.reduce((sum, n) => sum + (n < 24 ? 1 : n < 256 ? 2 : n < 65_536 ? 3 : 5), 3);
