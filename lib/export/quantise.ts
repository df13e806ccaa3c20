/** Codes of 8 bits for activations and weights, as TensorFlow Lite's specification of 8-bit quantisation has them. */
import type { Quantisation } from './graph';
import type { Range } from './ranges';
import type { Learned } from './weights';

export interface Grid {
  scale: number;
  zeroPoint: number;
}

const bounded = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** 255 steps from the least to the greatest number; 0 has a code of its own. */
export function gridOf({ low, high }: Range): Grid {
  const scale = Math.fround((Math.max(0, high) - Math.min(0, low)) / 255);
  // All numbers were 0 (or too small for a float32 scale).
  if (!(scale > 1e-30)) return { scale: Math.fround(1 / 128), zeroPoint: 0 };
  return { scale, zeroPoint: bounded(Math.round(-128 - Math.min(0, low) / scale), -128, 127) };
}

export const asQuantisation = ({ scale, zeroPoint }: Grid): Quantisation => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
  axis: 0,
});

/** What the kernels of TensorFlow Lite give, whatever comes in. */
export const fixedGrids = {
  SOFTMAX: { scale: 1 / 256, zeroPoint: -128 },
  LOGISTIC: { scale: 1 / 256, zeroPoint: -128 },
  TANH: { scale: 1 / 128, zeroPoint: 0 },
} as const satisfies Record<string, Grid>;

/** Bias codes stay so far below 2^31 that a sum with the products cannot leave 32 bits. */
const MOST_BIAS = 2 ** 29;

export interface QuantisedWeights {
  weights: Int8Array;
  weightScale: number[];
  bias: Int32Array;
  biasScale: number[];
}

/**
 * Symmetric weights from -127 to 127: a scale for each output channel, or one for all (`perTensor`). Biases have the scale
 * of the products, input scale times weight scale. `into`: the scale of the layer's output.
 */
export function quantiseWeights(
  { shape, axis, values, bias }: Learned,
  input: Grid,
  into: Grid,
  perTensor: boolean,
): QuantisedWeights {
  const outputs = shape[axis];
  // Row major: the outputs are the slowest axis, or the fastest.
  const each = values.length / outputs;
  const outputOf = axis === 0 ? (i: number) => Math.floor(i / each) : (i: number) => i % outputs;
  const scales = perTensor ? 1 : outputs;
  const scaleOf = (output: number): number => (perTensor ? 0 : output);
  const greatest = new Float64Array(scales);
  const greatestBias = new Float64Array(scales);
  for (let i = 0; i < values.length; i++) {
    const s = scaleOf(outputOf(i));
    greatest[s] = Math.max(greatest[s], Math.abs(values[i]));
  }
  for (let o = 0; o < outputs; o++) {
    const s = scaleOf(o);
    greatestBias[s] = Math.max(greatestBias[s], Math.abs(bias[o]));
  }
  const weightScale = Array.from(greatest, (most, s) => {
    // Where weights are 0 (or next to it) against the bias, the bias decides how fine the grid must be.
    const least = Math.max(into.scale / input.scale / 2 ** 20, greatestBias[s] / input.scale / MOST_BIAS);
    return Math.fround(Math.max(most / 127, least));
  });
  const biasScale = weightScale.map((scale) => Math.fround(scale * input.scale));
  const weights = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    weights[i] = bounded(Math.round(values[i] / weightScale[scaleOf(outputOf(i))]), -127, 127);
  }
  return {
    weights,
    weightScale,
    bias: Int32Array.from(bias, (one, o) => Math.round(one / biasScale[scaleOf(o)])),
    biasScale,
  };
}
