/**
 * How long a frame should be: long ones carry less overhead, short ones are lost less often. With an error rate of e for
 * each byte, a frame of L bytes of which h are overhead brings (L - h)/L * exp(-e L) of what the line could carry, which is
 * greatest at L = (h + sqrt(h^2 + 4h/e))/2. The rate is estimated from the frames that came and those that were lost.
 */
import { frameBytes } from './frame';

/** Bytes of a frame that are not data: frame, code, tag, and place of a block. */
const OVERHEAD = frameBytes(0) + 6;
/** Evidence halves in so many bytes, so that a line that has become better is noticed. */
const HALF_LIFE = 48 * 1024;
/** What is taken to have happened before anything has: frames begin at a quarter of a kilobyte, and grow with what comes whole. */
const FIRST = { losses: 0.5, unharmed: 1024 };
/** A frame of this size, with a good chance, gets through whatever can still be called a line. */
export const LEAST_PAYLOAD = 64;

export interface FrameSize {
  /** A frame of so many bytes came whole. */
  came(bytes: number): void;
  lost(bytes: number): void;
  /** Payload bytes that are best at present, at most `most`. */
  payload(most: number): number;
}

export function createFrameSize(): FrameSize {
  let { losses, unharmed } = FIRST;
  const age = (bytes: number): void => {
    const keep = 2 ** (-bytes / HALF_LIFE);
    losses *= keep;
    unharmed *= keep;
  };
  return {
    came(bytes) {
      age(bytes);
      unharmed += bytes;
    },
    lost(bytes) {
      age(bytes);
      losses += 1;
      // Where in the frame the error lay is not known: half of it was good on average.
      unharmed += bytes / 2;
    },
    payload(most) {
      const rate = losses / unharmed;
      const best = (OVERHEAD + Math.sqrt(OVERHEAD ** 2 + (4 * OVERHEAD) / rate)) / 2;
      return Math.max(Math.min(LEAST_PAYLOAD, most), Math.min(most, Math.floor(best) - frameBytes(0)));
    },
  };
}
