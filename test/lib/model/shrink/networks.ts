/** Networks of every kind of layer, and ways to leave units of theirs dead. */
import { layoutOf, type ModelSpec, parseSpec, shapesOf } from '../../../../lib/model';
import type { Generator } from '../../../../lib/random/generator';

const net = (input: number[], layers: unknown[], more: object = {}): ModelSpec =>
  parseSpec({ version: 1, task: 'regress', input, layers, seed: 1, ...more });

const dense = (units: number, activation = 'relu', more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
const bare = { useBias: false };

export const networks: Record<string, ModelSpec> = {
  dense: net([5], [dense(9), dense(8, 'tanh'), dense(7, 'sigmoid'), dense(3, 'linear')]),
  'dense without biases': net([5], [dense(9, 'relu', bare), dense(8, 'sigmoid', bare), dense(2, 'linear', bare)]),
  classifier: net([6], [dense(8, 'leaky_relu'), dense(3, 'softmax')], { task: 'classify', labels: ['a', 'b', 'c'] }),
  autoencoder: net([8], [dense(6), dense(3, 'linear'), dense(6, 'tanh'), dense(8, 'linear')], { task: 'anomaly' }),
  'dense over steps': net([6, 3], [dense(7, 'sigmoid'), dense(4), { type: 'flatten' }, dense(2, 'linear')]),
  'conv1d, valid': net(
    [20, 2],
    [
      { type: 'conv1d', filters: 6, kernelSize: 3, activation: 'sigmoid' },
      { type: 'max_pool1d', poolSize: 2 },
      { type: 'conv1d', filters: 5, kernelSize: 2, activation: 'tanh', useBias: false },
      { type: 'average_pool1d', poolSize: 2, padding: 'same' },
      { type: 'flatten' },
      dense(3, 'linear'),
    ],
  ),
  'conv1d, same': net(
    [9, 2],
    [
      { type: 'conv1d', filters: 6, kernelSize: 3, padding: 'same', activation: 'tanh' },
      { type: 'conv1d', filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' },
      { type: 'conv1d', filters: 4, kernelSize: 1, padding: 'same', activation: 'sigmoid' },
      { type: 'flatten' },
      dense(2, 'linear'),
    ],
  ),
  'conv1d, padded by one': net(
    [8, 2],
    [
      { type: 'conv1d', filters: 5, kernelSize: 2, padding: 'same', activation: 'sigmoid' },
      { type: 'conv1d', filters: 4, kernelSize: 2, padding: 'same', activation: 'sigmoid' },
      { type: 'conv1d', filters: 3, kernelSize: 4, strides: 3, padding: 'same', activation: 'linear' },
    ],
  ),
  'depthwise with several for each': net(
    [5, 4, 1],
    [
      { type: 'conv2d', filters: 5, kernelSize: [2, 2], activation: 'sigmoid' },
      { type: 'depthwise_conv2d', kernelSize: [2, 2], depthMultiplier: 3, activation: 'tanh' },
      { type: 'depthwise_conv2d', kernelSize: [1, 2], depthMultiplier: 2, activation: 'linear' },
      { type: 'flatten' },
      dense(3, 'linear'),
    ],
  ),
  'conv2d with depthwise layers': net(
    [7, 6, 2],
    [
      { type: 'conv2d', filters: 5, kernelSize: [3, 2], padding: 'same', activation: 'leaky_relu' },
      { type: 'depthwise_conv2d', kernelSize: [2, 2], depthMultiplier: 2, activation: 'sigmoid' },
      { type: 'max_pool2d', poolSize: [2, 2], padding: 'same' },
      { type: 'depthwise_conv2d', kernelSize: [2, 3], padding: 'same', activation: 'tanh', useBias: false },
      { type: 'conv2d', filters: 6, kernelSize: [1, 1], activation: 'relu' },
      { type: 'average_pool2d', poolSize: [2, 2] },
      { type: 'flatten' },
      dense(5),
      dense(2, 'linear'),
    ],
  ),
};

export function randomWeights(spec: ModelSpec, random: Generator): Float32Array {
  return Float32Array.from({ length: layoutOf(spec).size }, () => 0.5 * random.normal());
}

/** Of a layer of `spec`: where its kernel and bias lie. */
export function tensorsOf(spec: ModelSpec, layer: number) {
  const { tensors } = layoutOf(spec);
  let slot = 0;
  for (const before of spec.layers.slice(0, layer)) {
    if ('activation' in before) slot += before.useBias === false ? 1 : 2;
  }
  const one = spec.layers[layer];
  const bias = 'activation' in one && one.useBias !== false ? tensors[slot + 1] : undefined;
  return { kernel: tensors[slot], bias };
}

/** No weight leads to an output of a layer any more; its bias stays as it is. */
export function silence(spec: ModelSpec, weights: Float32Array, layer: number, output: number): void {
  const { offset, size, channels } = tensorsOf(spec, layer).kernel;
  for (let i = output; i < size; i += channels) weights[offset + i] = 0;
}

/** No weight of dense or convolutional layer `layer` looks at channel `channel` of what comes into it, which has `channels`. */
export function ignore(spec: ModelSpec, weights: Float32Array, layer: number, channel: number, channels: number): void {
  const { offset, size, channels: outputs } = tensorsOf(spec, layer).kernel;
  for (let row = channel; row < size / outputs; row += channels) {
    weights.fill(0, offset + row * outputs, offset + (row + 1) * outputs);
  }
}

/** Channels that come into a layer, counted before what came was flattened. */
function channelsInto(spec: ModelSpec, layer: number): number {
  const shapes = shapesOf(spec);
  let from = layer;
  while (from > 0 && spec.layers[from - 1].type === 'flatten') from--;
  return shapes[from][shapes[from].length - 1];
}

/** Leaves a random part of each layer dead, in a random way; some of the biases go too. */
export function pruneAtRandom(spec: ModelSpec, weights: Float32Array, random: Generator): void {
  for (const [layer, one] of spec.layers.entries()) {
    if (!('activation' in one)) continue;
    const share = random.uniform();
    const { kernel, bias } = tensorsOf(spec, layer);
    for (let output = 0; output < kernel.channels; output++) {
      if (random.uniform() > share) continue;
      silence(spec, weights, layer, output);
      if (bias && random.uniform() < 0.5) weights[bias.offset + output] = 0;
    }
    if (one.type === 'depthwise_conv2d') continue;
    const channels = channelsInto(spec, layer);
    for (let channel = 0; channel < channels; channel++) {
      if (random.uniform() < share / 2) ignore(spec, weights, layer, channel, channels);
    }
  }
}
