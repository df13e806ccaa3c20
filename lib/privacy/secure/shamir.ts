/**
 * Shamir's secret sharing (CACM 22, 1979) of bytes: each byte is the constant of a random polynomial over GF(2^8), and a
 * share is the value of all of them at its point 1 ... 255. Any `threshold` shares give the secret, fewer tell nothing.
 */

import { generator, shuffle } from '../../random/generator';

/** Gives that many bytes of chance. */
export type RandomBytes = (count: number) => Uint8Array;

export interface Share {
  /** The point, 1 ... 255. */
  x: number;
  /** As long as the secret. */
  y: Uint8Array;
}

export const mostShares = 255;

/** Powers of the generator 3 modulo x^8 + x^4 + x^3 + x + 1, twice round, and their exponents. */
const { power, exponent } = (() => {
  const power = new Uint8Array(510);
  const exponent = new Uint8Array(256);
  let value = 1;
  for (let i = 0; i < 255; i++) {
    power[i] = value;
    power[i + 255] = value;
    exponent[value] = i;
    value ^= (value << 1) ^ (value & 0x80 ? 0x11b : 0);
  }
  return { power, exponent };
})();

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : power[exponent[a] + exponent[b]]);

/** b is not 0. */
const over = (a: number, b: number): number => (a === 0 ? 0 : power[exponent[a] + 255 - exponent[b]]);

/** The shares at 1 ... count. Throws RangeError unless 1 <= threshold <= count <= 255. */
export function split(secret: Uint8Array, threshold: number, count: number, random: RandomBytes): Share[] {
  if (!(Number.isInteger(threshold) && Number.isInteger(count) && threshold >= 1 && threshold <= count)) {
    throw new RangeError(`${threshold} of ${count} shares cannot be asked for`);
  }
  if (count > mostShares) throw new RangeError(`There are at most ${mostShares} shares, not ${count}`);
  const { length } = secret;
  const coefficients = random((threshold - 1) * length);
  const shares: Share[] = [];
  for (let x = 1; x <= count; x++) {
    const y = new Uint8Array(length);
    for (let of = 0; of < threshold - 1; of++) {
      for (let i = 0; i < length; i++) y[i] = times(y[i], x) ^ coefficients[of * length + i];
    }
    for (let i = 0; i < length; i++) y[i] = times(y[i], x) ^ secret[i];
    shares.push({ x, y });
  }
  return shares;
}

/**
 * The secret of exactly `threshold` shares; of others it is some other bytes. Throws RangeError when there is none, two
 * are of one point, or their lengths differ.
 */
export function combine(shares: readonly Share[]): Uint8Array {
  const [first] = shares;
  if (!first) throw new RangeError('There are no shares');
  const { length } = first.y;
  const points = new Set(shares.map(({ x }) => x));
  const fit = ({ x, y }: Share): boolean => Number.isInteger(x) && x >= 1 && x <= mostShares && y.length === length;
  if (points.size !== shares.length || !shares.every(fit)) throw new RangeError('These shares are not of one secret');
  const secret = new Uint8Array(length);
  for (const { x, y } of shares) {
    // Lagrange's factor of this share at 0; minus is plus here.
    let factor = 1;
    for (const other of shares) if (other.x !== x) factor = times(factor, over(other.x, other.x ^ x));
    for (let i = 0; i < length; i++) secret[i] ^= times(y[i], factor);
  }
  return secret;
}

/** Subsets that are looked through when shares are wrong. */
const MOST_TRIES = 500;

/**
 * The secret that `isRight` knows, of shares some of which may be wrong; undefined: it is not found. After the first
 * `threshold` of them come subsets by chance: of m shares w of which are wrong, about one in (m / (m - threshold))^w is right.
 */
export function recover(
  shares: readonly Share[],
  threshold: number,
  isRight: (secret: Uint8Array) => boolean,
): Uint8Array | undefined {
  if (shares.length < threshold) return undefined;
  const order = [...shares];
  const random = generator(shares.length, 'shares');
  // There is but one way to choose all.
  const tries = shares.length === threshold ? 1 : MOST_TRIES;
  for (let i = 0; i < tries; i++) {
    if (i > 0) shuffle(order, random);
    const secret = combine(order.slice(0, threshold));
    if (isRight(secret)) return secret;
  }
  return undefined;
}
