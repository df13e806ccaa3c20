/** Forward through a model by the definitions, in float64, one number at a time: an independent check of the core. */
import { layoutOf } from '../../lib/model/layout';
import type { Activation, LayerSpec, ModelSpec, Padding } from '../../lib/model/spec';

/** An image [height, width, channels]; sequences have height 1, vectors are one pixel. */
interface Image {
  size: [number, number, number];
  data: number[];
}

const activate: Record<Activation, (z: number[]) => number[]> = {
  linear: (z) => z,
  relu: (z) => z.map((x) => Math.max(0, x)),
  leaky_relu: (z) => z.map((x) => (x > 0 ? x : 0.3 * x)),
  tanh: (z) => z.map(Math.tanh),
  sigmoid: (z) => z.map((x) => 1 / (1 + Math.exp(-x))),
  softmax: (z) => {
    const exps = z.map((x) => Math.exp(x - Math.max(...z)));
    const sum = exps.reduce((a, b) => a + b, 0);
    return exps.map((x) => x / sum);
  },
};

/** The weight of (tap row, tap column, input channel or undefined for the bias, output channel). */
type Weight = (y: number, x: number, input: number | undefined, output: number) => number;

interface Slide {
  kernel: [number, number];
  strides: [number, number];
  padding: Padding;
}

/** TensorFlow's rule: 'same' gives ceil(n / stride) outputs and puts the odd row of padding last. */
function axis(length: number, kernel: number, stride: number, padding: Padding): [count: number, before: number] {
  if (padding === 'valid') return [Math.floor((length - kernel) / stride) + 1, 0];
  const count = Math.ceil(length / stride);
  return [count, Math.floor(Math.max(0, (count - 1) * stride + kernel - length) / 2)];
}

/** For each output pixel the input pixels under the window, with their taps. */
function slide(
  image: Image,
  { kernel, strides, padding }: Slide,
  channels: number,
  pixel: (seen: Seen[]) => number[],
): Image {
  const [height, width, depth] = image.size;
  const [rows, top] = axis(height, kernel[0], strides[0], padding);
  const [columns, left] = axis(width, kernel[1], strides[1], padding);
  const data: number[] = [];
  for (let oy = 0; oy < rows; oy++) {
    for (let ox = 0; ox < columns; ox++) {
      const seen: Seen[] = [];
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const y = oy * strides[0] + ky - top;
          const x = ox * strides[1] + kx - left;
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          const at = (y * width + x) * depth;
          seen.push({ ky, kx, values: image.data.slice(at, at + depth) });
        }
      }
      data.push(...pixel(seen));
    }
  }
  return { size: [rows, columns, channels], data };
}
interface Seen {
  ky: number;
  kx: number;
  values: number[];
}

const two = (value: number | [number, number] | undefined, otherwise: number | [number, number]): [number, number] => {
  const chosen = value ?? otherwise;
  return typeof chosen === 'number' ? [1, chosen] : chosen;
};

function layer(spec: LayerSpec, image: Image, weight: Weight): Image {
  const [height, width, depth] = image.size;
  if (spec.type === 'flatten') return { size: [1, 1, height * width * depth], data: image.data };
  if (spec.type === 'foreign') throw new Error('not here');
  if (spec.type === 'dense') {
    const pixel: Slide = { kernel: [1, 1], strides: [1, 1], padding: 'valid' };
    return slide(image, pixel, spec.units, ([{ values }]) => {
      const outputs = Array.from({ length: spec.units }, (_, o) =>
        values.reduce((sum, x, i) => sum + x * weight(0, 0, i, o), weight(0, 0, undefined, o)),
      );
      return activate[spec.activation](outputs);
    });
  }
  const padding = spec.padding ?? 'valid';
  if ('poolSize' in spec) {
    const kernel = two(spec.poolSize, 1);
    const window = { kernel, strides: two(spec.strides, spec.poolSize), padding };
    const most = spec.type.startsWith('max');
    return slide(image, window, depth, (seen) =>
      Array.from({ length: depth }, (_, c) => {
        const values = seen.map((one) => one.values[c]);
        return most ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
      }),
    );
  }
  const window = { kernel: two(spec.kernelSize, 1), strides: two(spec.strides, [1, 1]), padding };
  if (typeof spec.kernelSize === 'number') window.strides = [1, window.strides[1]];
  const depthwise = spec.type === 'depthwise_conv2d';
  const multiplier = depthwise ? (spec.depthMultiplier ?? 1) : 1;
  const channels = spec.type === 'depthwise_conv2d' ? depth * multiplier : spec.filters;
  return slide(image, window, channels, (seen) => {
    const z = Array.from({ length: channels }, (_, o) => {
      let sum = weight(0, 0, undefined, o);
      for (const { ky, kx, values } of seen) {
        const used = depthwise ? [values[Math.floor(o / multiplier)]] : values;
        for (const [i, x] of used.entries()) sum += x * weight(ky, kx, i, o);
      }
      return sum;
    });
    return activate[spec.activation](z);
  });
}

/** The outputs of one row of features. */
export function naiveForward(spec: ModelSpec, weights: ArrayLike<number>, features: ArrayLike<number>): number[] {
  const { tensors } = layoutOf(spec);
  const [height, width, depth] = [...Array<number>(3 - spec.input.length).fill(1), ...spec.input];
  let image: Image = { size: [height, width, depth], data: Array.from(features) };
  let next = 0;
  for (const one of spec.layers) {
    const kernel = 'activation' in one ? tensors[next++] : undefined;
    const bias = 'activation' in one && one.useBias !== false ? tensors[next++] : undefined;
    const depthwise = one.type === 'depthwise_conv2d';
    const inputs = depthwise ? 1 : image.size[2];
    const columns = 'kernelSize' in one ? two(one.kernelSize, 1)[1] : 1;
    image = layer(one, image, (y, x, input, output) => {
      if (input === undefined) return bias ? weights[bias.offset + output] : 0;
      if (!kernel) return 0;
      const outputs = depthwise ? kernel.channels : kernel.shape[kernel.shape.length - 1];
      return weights[kernel.offset + ((y * columns + x) * inputs + input) * outputs + output];
    });
  }
  return image.data;
}
