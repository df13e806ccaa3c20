/** A slow int8 network: each output by its definition, in exact integers. Independent of core/int8, for files that are good. */
import { type File, type FileOperator, type FileTensor, readFile } from './file';
import {
  clamp,
  expNegative,
  type Factor,
  factorOf,
  halfAway,
  high,
  inverse,
  logistic,
  scale,
  shiftRight,
  tanh,
  wrap,
} from './fixed';

const roundAway = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const signed = (bytes: Uint8Array): Int8Array => new Int8Array(bytes.slice().buffer);
const biases = (tensor: FileTensor | undefined): Int32Array | undefined =>
  tensor && new Int32Array(tensor.data.slice().buffer);

/** What a fused activation leaves of the range of int8. */
function limits(kind: number, { scales: [step], zeros: [zero] }: FileTensor): [bigint, bigint] {
  const code = (x: number): bigint => BigInt(zero + roundAway(Math.fround(x / step)));
  const range: Record<number, [bigint, bigint]> = {
    0: [-128n, 127n],
    1: [code(0), 127n],
    2: [code(-1), code(1)],
    3: [code(0), code(6)],
  };
  const [low, top] = range[kind];
  return [clamp(low, -128n, 127n), clamp(top, -128n, 127n)];
}

/** Output length and padding in front of a window on an axis, as TensorFlow has it. */
function axis(length: number, size: number, stride: number, dilation: number, valid: boolean): [number, number] {
  const reach = (size - 1) * dilation + 1;
  if (valid) return [Math.ceil((length - reach + 1) / stride), 0];
  const out = Math.ceil(length / stride);
  return [out, Math.floor(Math.max(0, (out - 1) * stride + reach - length) / 2)];
}

interface Place {
  x: number;
  y: number;
  /** Rows and columns of the window, and the pixel that they meet; only those in the image. */
  inside: { row: number; column: number; pixel: number }[];
}

function places(op: FileOperator, input: FileTensor, size: [number, number], dilation: [number, number]): Place[] {
  const [, height, width] = input.shape;
  const valid = op.byte(0) === 1;
  const [strideX, strideY] = [op.int(1), op.int(2)];
  const [rows, top] = axis(height, size[0], strideY, dilation[0], valid);
  const [columns, left] = axis(width, size[1], strideX, dilation[1], valid);
  const found: Place[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const inside: Place['inside'] = [];
      for (let row = 0; row < size[0]; row++) {
        for (let column = 0; column < size[1]; column++) {
          const [v, u] = [y * strideY - top + row * dilation[0], x * strideX - left + column * dilation[1]];
          if (v >= 0 && v < height && u >= 0 && u < width) inside.push({ row, column, pixel: v * width + u });
        }
      }
      found.push({ x, y, inside });
    }
  }
  return found;
}

function requantise(sum: bigint, factor: Factor, output: FileTensor, [low, top]: [bigint, bigint]): number {
  return Number(clamp(wrap(scale(wrap(sum), factor) + BigInt(output.zeros[0])), low, top));
}

function convolve(file: File, op: FileOperator, values: Int8Array, depthwise: boolean): number[] {
  const [input, weights, bias] = op.inputs.map((index) => file.tensors[index]);
  const output = file.tensors[op.output];
  const later = depthwise ? 1 : 0;
  const [, kernelY, kernelX, last] = weights.shape;
  const channels = output.shape[3];
  const deep = input.shape[3];
  const filter = signed(weights.data);
  const added = biases(bias);
  const range = limits(op.byte(3 + later), output);
  const result: number[] = [];
  for (const place of places(op, input, [kernelY, kernelX], [op.int(5 + later, 1), op.int(4 + later, 1)])) {
    for (let c = 0; c < channels; c++) {
      let sum = BigInt(added?.[c] ?? 0);
      for (const { row, column, pixel } of place.inside) {
        const from = depthwise ? Math.floor(c / (channels / deep)) : 0;
        const to = depthwise ? from + 1 : deep;
        for (let d = from; d < to; d++) {
          const at = depthwise
            ? (row * kernelX + column) * last + c
            : ((c * kernelY + row) * kernelX + column) * last + d;
          sum += BigInt(filter[at] * (values[pixel * deep + d] - input.zeros[0]));
        }
      }
      const step = weights.scales[weights.scales.length > 1 ? c : 0];
      result.push(requantise(sum, factorOf((input.scales[0] * step) / output.scales[0]), output, range));
    }
  }
  return result;
}

function connect(file: File, op: FileOperator, values: Int8Array): number[] {
  const [input, weights, bias] = op.inputs.map((index) => file.tensors[index]);
  const output = file.tensors[op.output];
  const [outputs, inputs] = weights.shape;
  const filter = signed(weights.data);
  const added = biases(bias);
  const factor = factorOf(Math.fround(input.scales[0] * weights.scales[0]) / output.scales[0]);
  const result: number[] = [];
  for (let row = 0; row < values.length / inputs; row++) {
    for (let c = 0; c < outputs; c++) {
      let sum = BigInt(added?.[c] ?? 0);
      for (let d = 0; d < inputs; d++)
        sum += BigInt(filter[c * inputs + d] * (values[row * inputs + d] - input.zeros[0]));
      result.push(requantise(sum, factor, output, limits(op.byte(0), output)));
    }
  }
  return result;
}

function pool(file: File, op: FileOperator, values: Int8Array, most: boolean): number[] {
  const input = file.tensors[op.inputs[0]];
  const deep = input.shape[3];
  const [low, top] = limits(op.byte(5), file.tensors[op.output]);
  return places(op, input, [op.int(4), op.int(3)], [1, 1]).flatMap(({ inside }) =>
    Array.from({ length: deep }, (_, c) => {
      const seen = inside.map(({ pixel }) => values[pixel * deep + c]);
      const sum = BigInt(seen.reduce((total, value) => total + value, 0));
      return Number(clamp(most ? BigInt(Math.max(...seen)) : halfAway(sum, BigInt(seen.length)), low, top));
    }),
  );
}

function softmax(op: FileOperator, input: FileTensor, values: Int8Array): number[] {
  const classes = input.shape.at(-1) ?? 1;
  const { mantissa, shift } = factorOf(Math.min(op.float(0) * input.scales[0] * 2 ** 26, 2 ** 31 - 1));
  const radius = Math.floor((31 * 2 ** 26) / 2 ** shift);
  const result: number[] = [];
  for (let at = 0; at < values.length; at += classes) {
    const row = [...values.subarray(at, at + classes)];
    const greatest = Math.max(...row);
    const terms = row.map((value) => {
      if (value - greatest < -radius) return undefined;
      return expNegative(high(wrap(BigInt(value - greatest) * 2n ** BigInt(shift)), mantissa), 5);
    });
    const sum = terms.reduce((total: bigint, term) => total + (term === undefined ? 0n : shiftRight(term, 12)), 0n);
    const zeros = 32 - sum.toString(2).length;
    const inverted = inverse(sum * 2n ** BigInt(zeros) - 2n ** 31n);
    for (const term of terms) {
      const share = term === undefined ? 0n : shiftRight(high(inverted, term), 12 - zeros + 31 - 8);
      result.push(Number(clamp(share - 128n, -128n, 127n)));
    }
  }
  return result;
}

function curve(input: FileTensor, values: Int8Array, isTanh: boolean): number[] {
  const factor = factorOf(input.scales[0] * 2 ** 27);
  const radius = Math.floor((15 * 2 ** 27) / 2 ** factor.shift);
  return [...values].map((value) => {
    const x = value - input.zeros[0];
    if (x <= -radius) return -128;
    if (x >= radius) return 127;
    const a = scale(BigInt(x), factor);
    return Number(clamp(isTanh ? shiftRight(tanh(a), 24) : shiftRight(logistic(a), 23) - 128n, -128n, 127n));
  });
}

function move(
  input: FileTensor,
  output: FileTensor,
  values: Int8Array,
  step: number,
  range: [bigint, bigint],
): number[] {
  return [...values].map((value) => requantise(BigInt(value - input.zeros[0]), factorOf(step), output, range));
}

/** The slope of a leaky ReLU is part of the factor for what is below 0. */
function leak(op: FileOperator, input: FileTensor, output: FileTensor, values: Int8Array): number[] {
  const [from, to] = [input.scales[0], output.scales[0]];
  const below = factorOf(Math.fround(Math.fround(from * op.float(0)) / to));
  const above = factorOf(Math.fround(from / to));
  return [...values].map((value) => {
    const x = value - input.zeros[0];
    return requantise(BigInt(x), x < 0 ? below : above, output, [-128n, 127n]);
  });
}

function apply(file: File, op: FileOperator, values: Int8Array): number[] {
  const [input, output] = [file.tensors[op.inputs[0]], file.tensors[op.output]];
  switch (op.code) {
    case 1:
      return pool(file, op, values, false);
    case 3:
      return convolve(file, op, values, false);
    case 4:
      return convolve(file, op, values, true);
    case 9:
      return connect(file, op, values);
    case 14:
      return curve(input, values, false);
    case 17:
      return pool(file, op, values, true);
    case 19:
      return move(input, output, values, Math.fround(input.scales[0] / output.scales[0]), limits(1, output));
    case 21: {
      const [low, top] = limits(3, output);
      return [...values].map((value) => Number(clamp(BigInt(value), low, top)));
    }
    case 25:
      return softmax(op, input, values);
    case 28:
      return curve(input, values, true);
    case 98:
      return leak(op, input, output, values);
    case 114:
      return move(input, output, values, input.scales[0] / output.scales[0], [-128n, 127n]);
    default:
      return [...values]; // another shape of the same numbers
  }
}

/** One row of codes through the network of a file without float edges. */
export function slowForward(bytes: Uint8Array, codes: Int8Array): Int8Array {
  const file = readFile(bytes);
  return file.operators.reduce((values, op) => Int8Array.from(apply(file, op, values)), codes);
}
