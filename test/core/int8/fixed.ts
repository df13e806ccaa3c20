/** The arithmetic of quantised networks in exact integers of any size, from its definitions: slow, and independent of core/int8. */

const INT_MOST = 2n ** 31n - 1n;
const INT_LEAST = -(2n ** 31n);

export const clamp = (x: bigint, low: bigint, high: bigint): bigint => (x < low ? low : x > high ? high : x);
const saturate = (x: bigint): bigint => clamp(x, INT_LEAST, INT_MOST);
export const wrap = (x: bigint): bigint => BigInt.asIntN(32, x);

const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;
const halfUp = (a: bigint, b: bigint): bigint => floorDiv(2n * a + b, 2n * b);
export const halfAway = (a: bigint, b: bigint): bigint => (a < 0n ? -halfUp(-a, b) : halfUp(a, b));

/** a b / 2^31, halves up. */
export const high = (a: bigint, b: bigint): bigint => saturate(halfUp(a * b, 2n ** 31n));
/** x / 2^bits, halves away from zero. */
export const shiftRight = (x: bigint, bits: number): bigint => halfAway(x, 2n ** BigInt(bits));
/** x 2^bits; from 2^31 - 2^bits on it saturates, both ways. */
const shiftLeft = (x: bigint, bits: number): bigint => {
  const most = 2n ** BigInt(31 - bits) - 1n;
  return x > most ? INT_MOST : x < -most ? INT_LEAST : x * 2n ** BigInt(bits);
};

export interface Factor {
  mantissa: bigint;
  shift: number;
}

/** value = mantissa 2^(shift - 31), the mantissa of 31 bits rounded to the nearest. */
export function factorOf(value: number): Factor {
  if (value === 0) return { mantissa: 0n, shift: 0 };
  let shift = 0;
  let fraction = value;
  for (; fraction >= 1; fraction /= 2) shift++;
  for (; fraction < 0.5; fraction *= 2) shift--;
  let mantissa = BigInt(Math.floor(fraction * 2 ** 31 + 0.5));
  if (mantissa === 2n ** 31n) {
    mantissa /= 2n;
    shift++;
  }
  return shift < -31 ? { mantissa: 0n, shift: 0 } : { mantissa, shift };
}

export function scale(x: bigint, { mantissa, shift }: Factor): bigint {
  const left = wrap(x * 2n ** BigInt(Math.max(shift, 0)));
  return shiftRight(high(left, mantissa), Math.max(-shift, 0));
}

/** e^(a 2^-31) for -2^29 <= a < 0: around -1/8 by the Taylor polynomial of the fourth degree. */
function expQuarter(a: bigint): bigint {
  const centre = 1895147668n;
  const x = a + 2n ** 28n;
  const squared = high(x, x);
  const cubed = high(squared, x);
  const fourth = shiftRight(high(squared, squared), 2);
  const tail = shiftRight(high(fourth + cubed, 715827883n) + squared, 1);
  return centre + high(centre, x + tail);
}

/** e^a for a <= 0 with `bits` integer bits, to none. */
export function expNegative(a: bigint, bits: number): bigint {
  if (a === 0n) return INT_MOST;
  const one = 2n ** BigInt(31 - bits);
  const quarters = floorDiv(-a, one / 4n);
  // a = -(quarters + 1) / 4 + what is left, which lies in [-1/4, 0) when one quarter is kept back.
  const kept = ((a % (one / 4n)) + one / 4n) % (one / 4n);
  const rest = kept - one / 4n;
  let result = expQuarter(shiftLeft(rest, bits));
  const steps = (rest - a) / (one / 4n);
  if (steps < 0n || steps > quarters + 1n) throw new Error('steps');
  const powers = [1672461947n, 1302514674n, 790015084n, 290630308n, 39332535n, 720401n, 242n];
  for (let k = 0; k < bits + 2; k++) if ((steps >> BigInt(k)) & 1n) result = high(result, powers[k]);
  return result;
}

/** 2 / (1 + a), a without integer bits, the result with two: Newton's method from 48/17 - 32/17 d. */
function reciprocal(a: bigint): bigint {
  const half = halfAway(a + INT_MOST, 2n);
  let x = 1515870810n + high(half, -1010580540n);
  for (let i = 0; i < 3; i++) x += shiftLeft(high(x, 2n ** 29n - high(half, x)), 2);
  return x;
}
export const inverse = (a: bigint): bigint => shiftLeft(reciprocal(a), 1);

export function logistic(a: bigint): bigint {
  if (a === 0n) return 2n ** 30n;
  const positive = inverse(expNegative(a > 0n ? -a : a, 4));
  return a > 0n ? positive : INT_MOST - positive;
}

export function tanh(a: bigint): bigint {
  if (a === 0n) return 0n;
  const positive = shiftLeft(reciprocal(expNegative(a > 0n ? -a : a, 5)) - 2n ** 29n, 2);
  return a > 0n ? positive : -positive;
}
