/**
 * Fewer bits for each number: a uniform grid for each tensor, or for each output channel of a tensor.
 *
 * - symmetric: codes 0..2Q for -Q..Q steps, Q = 2^(bits-1) - 1; needs 2 bits. The step has 24 - bits significant bits,
 *   so that all its multiples are exact in float32 and 0 stays exactly 0.
 * - affine: codes 0..2^bits - 1 from the least to the greatest number.
 * - nearest: the error is at most half a step. stochastic: at most one step, and 0 on average, as in QSGD (arXiv
 *   1610.02132), here with the greatest magnitude (or the range) in place of the norm.
 *
 * Payload: for each tensor its grids (symmetric: the step as float32 for each group; affine: least number and step), then for each
 * tensor its codes, least significant bit first, each tensor beginning on a byte of its own. All little-endian.
 */
import { randomInt } from 'node:crypto';
import type { Kernels } from '../../core/kernels';
import { streamSeed } from '../../random/generator';
import { type CodecStep, RefusedError, type TensorSizes } from '../message';
import { vectorSize } from '../vector';
import { badParameters, requireBytes, requireVector, tooLarge } from './checks';
import type { Coder } from './codec';

export interface QuantizeOptions {
  /** 1 to 16. */
  bits: number;
  /** Default 'nearest'. */
  rounding?: 'nearest' | 'stochastic';
  /** Default 'tensor'. Biases always share one grid. */
  per?: 'tensor' | 'channel';
  /** Default 'symmetric'; with 1 bit always 'affine'. */
  grid?: 'symmetric' | 'affine';
  /** Of stochastic rounding; absent: from the operating system. */
  seed?: number;
}

interface Scheme {
  bits: number;
  symmetric: boolean;
  perChannel: boolean;
}

/** Number c of a group is zeros[c] + code * scales[c]. */
export interface Grid {
  zeros: Float32Array;
  scales: Float32Array;
}

const largest = 3.4028234663852886e38;

const oneOf = (value: unknown, first: string, second: string, what: string): boolean =>
  value === second
    ? true
    : value === first
      ? false
      : badParameters(`The ${what} of quantize must be ${first} or ${second}.`);

function scheme(parameters: Omit<CodecStep, 'name'>): Scheme {
  const { bits, per, grid } = parameters;
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 1 || bits > 16) {
    return badParameters('Quantisation needs a whole number of bits from 1 to 16.');
  }
  const symmetric = oneOf(grid, 'affine', 'symmetric', 'grid');
  if (symmetric && bits < 2) badParameters('A symmetric grid needs at least 2 bits.');
  return { bits, symmetric, perChannel: oneOf(per, 'tensor', 'channel', 'groups') };
}

const groupsOf = ({ perChannel }: Scheme, size: number, channels: number): number =>
  perChannel && size > channels ? channels : 1;

const codesBytes = (size: number, bits: number): number => Math.ceil((size * bits) / 8);

/** Bytes of the grids, and of the whole payload. */
function sizes(plan: Scheme, tensors: TensorSizes): { grids: number; payload: number } {
  let grids = 0;
  let codes = 0;
  for (const [size, channels] of tensors) {
    grids += groupsOf(plan, size, channels) * (plan.symmetric ? 4 : 8);
    codes += codesBytes(size, plan.bits);
  }
  return { grids, payload: grids + codes };
}

const exponentView = new DataView(new ArrayBuffer(8));

/** The least number with so many significant bits, and no finer than float32, that is not below a value >= 0. */
function roundUp(value: number, significantBits: number): number {
  if (value === 0) return 0;
  exponentView.setFloat64(0, value);
  const exponent = ((exponentView.getUint32(0) >>> 20) & 0x7ff) - 1023;
  const unit = 2 ** Math.max(exponent - significantBits + 1, -149);
  return Math.ceil(value / unit) * unit;
}

const halfRange = (bits: number): number => 2 ** (bits - 1) - 1;

const symmetricGrid = (scales: Float32Array, bits: number): Grid => ({
  scales,
  zeros: scales.map((scale) => -halfRange(bits) * scale),
});

/** A grid of `levels` that covers [low0, high0, low1, high1, ...]; symmetric grids have 2^bits - 1 levels around 0. */
export function coveringGrid(ranges: Float32Array, bits: number, symmetric: boolean, levels = 2 ** bits): Grid {
  const groups = Array.from({ length: ranges.length / 2 }, (_, c) => [ranges[2 * c], ranges[2 * c + 1]]);
  if (symmetric) {
    const step = ([low, high]: number[]) => roundUp(Math.max(-low, high) / halfRange(bits), 24 - bits);
    return symmetricGrid(Float32Array.from(groups, step), bits);
  }
  return {
    zeros: Float32Array.from(groups, ([low]) => low),
    scales: Float32Array.from(groups, ([low, high]) => roundUp((high - low) / (levels - 1), 24)),
  };
}

/** Whether every code that fits the bits means a finite number. */
const isFinite32 = ({ zeros, scales }: Grid, bits: number): boolean =>
  scales.every(
    // Both numbers that the kernels add must be finite, not only their sum.
    (scale, c) =>
      scale >= 0 && Math.abs(zeros[c]) <= largest && scale * (2 ** bits - 1) <= largest - Math.abs(zeros[c]),
  );

function writeGrid(grid: Grid, symmetric: boolean, payload: Buffer, start: number): number {
  let at = start;
  for (const [c, scale] of grid.scales.entries()) {
    if (!symmetric) at = payload.writeFloatLE(grid.zeros[c], at);
    at = payload.writeFloatLE(scale, at);
  }
  return at;
}

function readGrid(payload: Buffer, start: number, groups: number, { symmetric, bits }: Scheme): Grid {
  const stride = symmetric ? 4 : 8;
  const read = (offset: number) =>
    Float32Array.from({ length: groups }, (_, c) => payload.readFloatLE(start + c * stride + offset));
  return symmetric ? symmetricGrid(read(0), bits) : { zeros: read(0), scales: read(4) };
}

export type QuantizeKernels = Pick<Kernels, 'allFinite' | 'ranges' | 'packBits' | 'unpackBits'>;

export function quantizeWith(kernels: QuantizeKernels): Coder<QuantizeOptions> {
  const encode = (vector: Float32Array, tensors: TensorSizes, options: QuantizeOptions) => {
    const { bits, rounding = 'nearest', per = 'tensor', grid = bits === 1 ? 'affine' : 'symmetric' } = options;
    const plan = scheme({ bits, per, grid });
    const stochastic = oneOf(rounding, 'nearest', 'stochastic', 'rounding');
    const seed = stochastic ? (options.seed ?? randomInt(0x100000000)) : 0;
    requireVector(vector, tensors, kernels);
    const bytes = sizes(plan, tensors);
    const payload = Buffer.allocUnsafe(bytes.payload);
    let gridAt = 0;
    let codesAt = bytes.grids;
    let start = 0;
    for (const [index, [size, channels]] of tensors.entries()) {
      const part = vector.subarray(start, start + size);
      const made = coveringGrid(kernels.ranges(part, groupsOf(plan, size, channels)), bits, plan.symmetric);
      if (!isFinite32(made, bits)) tooLarge();
      gridAt = writeGrid(made, plan.symmetric, payload, gridAt);
      const codes = kernels.packBits(
        part,
        bits,
        made.scales,
        made.zeros,
        stochastic ? streamSeed(seed, index) : undefined,
      );
      payload.set(codes, codesAt);
      codesAt += codes.length;
      start += size;
    }
    const step: CodecStep = { name: 'quantize', bits, grid, per, rounding };
    return { payload, step };
  };

  const decode = (payload: Buffer, step: CodecStep, tensors: TensorSizes): Float32Array => {
    const plan = scheme(step);
    const bytes = sizes(plan, tensors);
    requireBytes(payload, bytes.payload);
    const vector = new Float32Array(vectorSize(tensors));
    let gridAt = 0;
    let codesAt = bytes.grids;
    let start = 0;
    for (const [size, channels] of tensors) {
      const groups = groupsOf(plan, size, channels);
      const grid = readGrid(payload, gridAt, groups, plan);
      if (!isFinite32(grid, plan.bits)) {
        throw new RefusedError('not-finite', 'The grid of the quantised payload is not finite.');
      }
      gridAt += groups * (plan.symmetric ? 4 : 8);
      const end = codesAt + codesBytes(size, plan.bits);
      vector.set(kernels.unpackBits(payload.subarray(codesAt, end), size, plan.bits, grid.scales, grid.zeros), start);
      codesAt = end;
      start += size;
    }
    return vector;
  };

  return { name: 'quantize', role: 'coder', encode, decode };
}
