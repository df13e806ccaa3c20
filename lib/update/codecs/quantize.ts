/**
 * Fewer bits for each number: a uniform grid for each tensor, or for each output channel of a tensor.
 *
 * - symmetric: codes -Q..Q around 0, Q = 2^(bits-1) - 1, so that 0 stays exactly 0; needs 2 bits.
 * - affine: codes 0..2^bits - 1 from the least to the greatest number.
 * - nearest: the error is at most half a step. stochastic: at most one step, and 0 on average, as in QSGD (arXiv
 *   1610.02132), here with the greatest magnitude (or the range) in place of the norm.
 *
 * Payload: for each tensor its grids (symmetric: step as float32 for each group; affine: base and step), then for each
 * tensor its codes, least significant bit first, each tensor beginning on a byte of its own. All little-endian.
 */
import { randomInt } from 'node:crypto';
import type { Grid, QuantizeKernels } from '../../core/kernels';
import { streamSeed } from '../../random/generator';
import { type CodecStep, RefusedError, type TensorSizes } from '../message';
import { vectorSize } from '../vector';
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

const largest = 3.4028234663852886e38;

const bad = (message: string): never => {
  throw new RefusedError('codec-parameters', message);
};

const oneOf = (value: unknown, first: string, second: string, what: string): boolean =>
  value === second ? true : value === first ? false : bad(`The ${what} of quantize must be ${first} or ${second}.`);

function scheme(parameters: Omit<CodecStep, 'name'>): Scheme {
  const { bits, per, grid } = parameters;
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 1 || bits > 16) {
    return bad('Quantisation needs a whole number of bits from 1 to 16.');
  }
  const symmetric = oneOf(grid, 'affine', 'symmetric', 'grid');
  if (symmetric && bits < 2) bad('A symmetric grid needs at least 2 bits.');
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

const bitsView = new DataView(new ArrayBuffer(4));

/** The least float32 that is not below a number of float64 (for numbers >= 0). */
function roundUp(value: number): number {
  const near = Math.fround(value);
  if (near >= value) return near;
  bitsView.setFloat32(0, near);
  bitsView.setUint32(0, bitsView.getUint32(0) + 1);
  return bitsView.getFloat32(0);
}

/** A grid that covers the numbers of each channel: `least` and `greatest` are those of the channels. */
export function coveringGrid(
  least: Float32Array,
  greatest: Float32Array,
  bits: number,
  top: number,
  symmetric: boolean,
): Grid {
  const zero = symmetric ? top / 2 : 0;
  const base = symmetric ? new Float32Array(least.length) : least;
  const step = Float32Array.from(least, (low, c) => {
    const high = greatest[c];
    return roundUp(symmetric ? Math.max(-low, high) / zero : (high - low) / top);
  });
  return { bits, top, zero, base, step };
}

const emptyGrid = (plan: Scheme, groups: number): Grid => {
  const top = plan.symmetric ? 2 ** plan.bits - 2 : 2 ** plan.bits - 1;
  const zero = plan.symmetric ? top / 2 : 0;
  return { bits: plan.bits, top, zero, base: new Float32Array(groups), step: new Float32Array(groups) };
};

/** Whether every code that fits the bits means a finite number. */
const isFinite32 = ({ base, step, bits, zero }: Grid): boolean =>
  step.every((s, c) => s >= 0 && Math.abs(base[c]) + s * (2 ** bits - 1 - zero) <= largest);

export function quantizeWith(kernels: QuantizeKernels): Coder<QuantizeOptions> {
  const encode = (vector: Float32Array, tensors: TensorSizes, options: QuantizeOptions) => {
    const { bits, rounding = 'nearest', per = 'tensor', grid = bits === 1 ? 'affine' : 'symmetric' } = options;
    const plan = scheme({ bits, per, grid });
    const stochastic = oneOf(rounding, 'nearest', 'stochastic', 'rounding');
    const seed = stochastic ? (options.seed ?? randomInt(0x100000000)) : 0;
    if (vector.length !== vectorSize(tensors)) bad('The vector does not have the length of its tensors.');
    const bytes = sizes(plan, tensors);
    const payload = Buffer.allocUnsafe(bytes.payload);
    let gridAt = 0;
    let codesAt = bytes.grids;
    let start = 0;
    for (const [index, [size, channels]] of tensors.entries()) {
      const part = vector.subarray(start, start + size);
      const groups = groupsOf(plan, size, channels);
      const least = new Float32Array(groups);
      const greatest = new Float32Array(groups);
      if (!kernels.ranges(part, least, greatest)) {
        throw new RefusedError(
          'not-finite',
          'The vector holds NaN or infinity: the training that made it has diverged.',
        );
      }
      const top = plan.symmetric ? 2 ** bits - 2 : 2 ** bits - 1;
      const made = coveringGrid(least, greatest, bits, top, plan.symmetric);
      if (!isFinite32(made)) bad('The numbers of the vector are too large to quantise: the training has diverged.');
      for (let c = 0; c < groups; c++) {
        if (!plan.symmetric) gridAt = payload.writeFloatLE(made.base[c], gridAt);
        gridAt = payload.writeFloatLE(made.step[c], gridAt);
      }
      const end = codesAt + codesBytes(size, bits);
      kernels.quantize(part, made, payload.subarray(codesAt, end), stochastic ? streamSeed(seed, index) : undefined);
      codesAt = end;
      start += size;
    }
    const step: CodecStep = { name: 'quantize', bits, grid, per, rounding };
    return { payload, step };
  };

  const decode = (payload: Buffer, step: CodecStep, tensors: TensorSizes): Float32Array => {
    const plan = scheme(step);
    const bytes = sizes(plan, tensors);
    if (payload.length !== bytes.payload) {
      throw new RefusedError(
        'payload-size',
        `The quantised payload has ${payload.length} bytes where this model takes ${bytes.payload}.`,
      );
    }
    const vector = new Float32Array(vectorSize(tensors));
    let gridAt = 0;
    let codesAt = bytes.grids;
    let start = 0;
    for (const [size, channels] of tensors) {
      const grid = emptyGrid(plan, groupsOf(plan, size, channels));
      for (let c = 0; c < grid.step.length; c++) {
        if (!plan.symmetric) {
          grid.base[c] = payload.readFloatLE(gridAt);
          gridAt += 4;
        }
        grid.step[c] = payload.readFloatLE(gridAt);
        gridAt += 4;
      }
      if (!isFinite32(grid)) throw new RefusedError('not-finite', 'The grid of the quantised payload is not finite.');
      const end = codesAt + codesBytes(size, plan.bits);
      kernels.dequantize(payload.subarray(codesAt, end), grid, vector.subarray(start, start + size));
      codesAt = end;
      start += size;
    }
    return vector;
  };

  return { name: 'quantize', role: 'coder', encode, decode };
}
