/** Norms by blocks: the partial sums are part of the result, so that a norm has the same bits wherever it is computed. */
import type { Core } from './wasm';

/** Numbers of a block, of dot products too. */
export const BLOCK = 8192;

/** Of a vector that lies in the core. */
export function normAt({ exports: wasm }: Core, at: number, length: number): number {
  let sum = 0;
  for (let from = 0; from < length; from += BLOCK) {
    sum += wasm.squared_norm(at + from * 4, Math.min(BLOCK, length - from));
  }
  return Math.sqrt(sum);
}
