/** The quantisation kernels as plain loops. */
import type { Grid, QuantizeKernels } from '../../core/kernels';

/** A number in [0, 1) with 24 bits from (seed, index): position-wise, so that order and vector width do not matter. */
export function dither(seed: number, index: number): number {
  let z = (seed + Math.imul(index, 0x9e3779b9)) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad) >>> 0;
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97) >>> 0;
  return ((z ^ (z >>> 15)) >>> 8) / 0x1000000;
}

function ranges(vector: Float32Array, least: Float32Array, greatest: Float32Array): boolean {
  const channels = least.length;
  least.fill(Number.POSITIVE_INFINITY);
  greatest.fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, c = 0; i < vector.length; i++) {
    const value = vector[i];
    if (!Number.isFinite(value)) return false;
    if (value < least[c]) least[c] = value;
    if (value > greatest[c]) greatest[c] = value;
    if (++c === channels) c = 0;
  }
  return true;
}

function quantize(vector: Float32Array, grid: Grid, packed: Uint8Array, seed?: number): void {
  const { bits, top, zero, base, step } = grid;
  const inverse = Float64Array.from(step, (s) => (s > 0 ? 1 / s : 0));
  const channels = step.length;
  let pending = 0;
  let held = 0;
  let at = 0;
  for (let i = 0, c = 0; i < vector.length; i++) {
    const x = (vector[i] - base[c]) * inverse[c] + zero;
    const code = Math.min(top, Math.max(0, Math.floor(x + (seed === undefined ? 0.5 : dither(seed, i)))));
    if (++c === channels) c = 0;
    pending |= code << held;
    for (held += bits; held >= 8; held -= 8) {
      packed[at++] = pending & 0xff;
      pending >>>= 8;
    }
  }
  if (held > 0) packed[at] = pending;
}

function dequantize(packed: Uint8Array, grid: Grid, vector: Float32Array): void {
  const { bits, zero, base, step } = grid;
  const channels = step.length;
  const mask = 2 ** bits - 1;
  let pending = 0;
  let held = 0;
  let at = 0;
  for (let i = 0, c = 0; i < vector.length; i++) {
    for (; held < bits; held += 8) pending |= packed[at++] << held;
    vector[i] = base[c] + step[c] * ((pending & mask) - zero);
    if (++c === channels) c = 0;
    pending >>>= bits;
    held -= bits;
  }
}

export const plainKernels: QuantizeKernels = { ranges, quantize, dequantize };
