/** The int8 forward pass of a .tflite file, with the arithmetic of TensorFlow Lite Micro's reference kernels (docs/int8.md). */
import { RefusedError } from '../refused';
import { int8Refusal, operatorName } from './int8-refusals';
import { aligned, type Core, createCore } from './wasm';

/** number = scale * (code - zeroPoint) */
export interface Int8Quantisation {
  scale: number;
  zeroPoint: number;
}

export interface Int8Network {
  /** Numbers of one row in, and out. */
  inputSize: number;
  outputSize: number;
  /** Bytes that a board needs for the tensors between the layers, beside the file. */
  arenaBytes: number;
  /** Products and comparisons of one row. */
  products: number;
  input: Int8Quantisation;
  output: Int8Quantisation;
  /** In the order in which they first come. */
  operators: { name: string; count: number }[];
  /** `count` rows of float32 features to `count` rows of outputs. */
  predict(features: Float32Array, count: number): Float32Array;
  /** One row of int8 codes to one row of codes. */
  predictCodes(codes: Int8Array): Int8Array;
}

function operatorsOf(core: Core): { name: string; count: number }[] {
  const { exports: wasm, base } = core;
  const edges = wasm.int8_edges(base);
  const names = Array.from({ length: wasm.int8_count(base) }, (_, i) => operatorName(wasm.int8_operator(base, i)));
  if (edges & 1) names.unshift('QUANTIZE');
  if (edges & 2) names.push('DEQUANTIZE');
  return [...new Set(names)].map((name) => ({ name, count: names.filter((other) => other === name).length }));
}

/** Throws RefusedError with a sentence when the file is damaged or asks for what is not done here. */
export function openInt8(file: Uint8Array): Int8Network {
  const core = createCore();
  const { exports: wasm, base } = core;
  const fileAt = aligned(base + wasm.int8_bytes());
  core.reserve(fileAt + file.length - base);
  core.bytes(fileAt, file.length).set(file);
  const refused = wasm.int8_open(base, fileAt, file.length);
  if (refused !== 0) throw int8Refusal(refused, wasm.int8_operator(base, wasm.int8_count(base)));

  const [inputSize, outputSize] = [wasm.int8_inputs(base), wasm.int8_outputs(base)];
  const arenaBytes = wasm.int8_arena(base);
  const arenaAt = aligned(fileAt + file.length);
  const inAt = aligned(arenaAt + arenaBytes);
  const outAt = aligned(inAt + 4 * inputSize);
  core.reserve(outAt + 4 * outputSize - base);
  const quantisation = (output: number): Int8Quantisation => ({
    scale: wasm.int8_scale(base, output),
    zeroPoint: wasm.int8_zero(base, output),
  });

  return {
    inputSize,
    outputSize,
    arenaBytes,
    products: wasm.int8_products(base),
    input: quantisation(0),
    output: quantisation(1),
    operators: operatorsOf(core),

    predict(features, count) {
      if (!Number.isInteger(count) || count < 0 || features.length !== count * inputSize) {
        throw new RefusedError('features', `${count} rows of ${inputSize} numbers are needed, not ${features.length}.`);
      }
      const result = new Float32Array(count * outputSize);
      for (let row = 0; row < count; row++) {
        core.float32(inAt, inputSize).set(features.subarray(row * inputSize, (row + 1) * inputSize));
        wasm.int8_forward(base, arenaAt, inAt, outAt);
        result.set(core.float32(outAt, outputSize), row * outputSize);
      }
      return result;
    },

    predictCodes(codes) {
      if (codes.length !== inputSize) {
        throw new RefusedError('features', `One row has ${inputSize} codes, not ${codes.length}.`);
      }
      core.bytes(inAt, inputSize).set(codes);
      wasm.int8_codes(base, arenaAt, inAt, outAt);
      return new Int8Array(core.bytes(outAt, outputSize).slice().buffer);
    },
  };
}
