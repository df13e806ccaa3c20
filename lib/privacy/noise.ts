/**
 * Normal numbers for privacy, from the operating system's generator. Each is half the sum of four independent ones: the
 * rounding of a single float64 transform can be inverted and the noise taken off again (Holohan & Braghin, arXiv
 * 2107.10138; Mironov, CCS 2012), that of the sum cannot within reason.
 */
import { createCipheriv, randomFillSync } from 'node:crypto';
import { generator } from '../random/generator';
import { polar } from '../random/polar';

/** Gives one standard normal number a call. */
export type NormalSource = () => number;

/** Bytes taken from the operating system at a time. */
const BLOCK = 8192;

/** Uniform numbers in [0, 1) with 53 bits, of random bytes. */
function uniformOf(fill: (block: Uint32Array) => void): () => number {
  const block = new Uint32Array(BLOCK / 4);
  let next = block.length;
  return () => {
    if (next >= block.length) {
      fill(block);
      next = 0;
    }
    const high = block[next] >>> 5;
    const low = block[next + 1] >>> 6;
    block[next] = 0;
    block[next + 1] = 0;
    next += 2;
    return (high * 67108864 + low) / 9007199254740992;
  };
}

function halfOfFour(uniform: () => number): NormalSource {
  const normal = polar(uniform);
  return () => (normal() + normal() + normal() + normal()) / 2;
}

/** The source for real use. */
export const systemNoise = (): NormalSource => halfOfFour(uniformOf((block) => randomFillSync(block)));

/**
 * The same noise again for the same secret seed, 64 hexadecimal digits out of the operating system's generator: for noise that is to be taken off
 * again. Its bytes are the key stream of AES-256 in counter mode.
 */
export function keyedNoise(seed: string): NormalSource {
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(seed, 'hex'), Buffer.alloc(16));
  const zeros = Buffer.alloc(BLOCK);
  return halfOfFour(
    uniformOf((block) => {
      new Uint8Array(block.buffer).set(cipher.update(zeros));
    }),
  );
}

/** The same noise for the same seed: for tests and demonstrations only, it protects nobody. */
export function seededNoise(seed: number, ...words: (string | number)[]): NormalSource {
  return generator(seed, 'privacy', ...words).normal;
}

/** In place: adds N(0, sigma^2) to each number, in float64, rounded once to float32. */
export function addNoise(vector: Float32Array, sigma: number, source: NormalSource): Float32Array {
  if (!(sigma >= 0) || sigma === Number.POSITIVE_INFINITY) {
    throw new RangeError(`The standard deviation of noise must be finite and not negative, as ${sigma} is`);
  }
  if (sigma === 0) return vector;
  for (let i = 0; i < vector.length; i++) vector[i] += sigma * source();
  return vector;
}
