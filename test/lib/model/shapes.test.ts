/** Shapes, layouts and parameter counts against what tfjs itself makes of the same layers. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { type LayerSpec, layoutOf, parseSpec, shapesOf, summarise } from '../../../lib/model/index';
import { kerasTopology } from '../../../lib/model/topology';
import { registerResetAfterGru } from '../../../lib/training/tfjs/reset-after-gru';

tf.enableProdMode();
registerResetAfterGru(tf);

const foreign = (className: string, config: Record<string, unknown> = {}): unknown => ({
  type: 'foreign',
  className,
  config,
});
const end = [{ type: 'flatten' }, { type: 'dense', units: 2, activation: 'linear' }];
const image = (type: string, more: Record<string, unknown>): unknown => ({ type, activation: 'relu', ...more });

const models: [what: string, input: number[], layers: unknown[]][] = [
  ['dense', [5], [{ type: 'dense', units: 7, activation: 'leaky_relu' }, ...end]],
  ['dense over the last axis', [6, 5], [{ type: 'dense', units: 7, activation: 'tanh' }, ...end]],
  ...(['valid', 'same'] as const).flatMap((padding): [string, number[], unknown[]][] => [
    [`conv1d ${padding}`, [11, 3], [image('conv1d', { filters: 4, kernelSize: 3, strides: 2, padding }), ...end]],
    [`max_pool1d ${padding}`, [11, 3], [{ type: 'max_pool1d', poolSize: 3, strides: 2, padding }, ...end]],
    [`average_pool1d ${padding}`, [10, 3], [{ type: 'average_pool1d', poolSize: 4, padding }, ...end]],
    [
      `conv2d ${padding}`,
      [9, 8, 2],
      [image('conv2d', { filters: 3, kernelSize: [3, 2], strides: [2, 3], padding, useBias: false }), ...end],
    ],
    [
      `depthwise_conv2d ${padding}`,
      [9, 8, 3],
      [image('depthwise_conv2d', { kernelSize: [3, 3], depthMultiplier: 2, strides: [2, 2], padding }), ...end],
    ],
    [`max_pool2d ${padding}`, [9, 8, 2], [{ type: 'max_pool2d', poolSize: [2, 3], padding }, ...end]],
    [
      `average_pool2d ${padding}`,
      [9, 8, 2],
      [{ type: 'average_pool2d', poolSize: [3, 3], strides: [2, 2], padding }, ...end],
    ],
    [
      `Conv1D ${padding}`,
      [12, 2],
      [foreign('Conv1D', { filters: 3, kernel_size: [3], dilation_rate: [2], padding }), ...end],
    ],
    [
      `Conv2D ${padding}`,
      [9, 8, 2],
      [foreign('Conv2D', { filters: 3, kernel_size: [3, 2], dilation_rate: [2, 2], padding }), ...end],
    ],
    [
      `Conv2DTranspose ${padding}`,
      [4, 5, 2],
      [foreign('Conv2DTranspose', { filters: 3, kernel_size: [3, 2], strides: [2, 3], padding }), ...end],
    ],
  ]),
  ['LSTM', [5, 3], [foreign('LSTM', { units: 4 }), ...end]],
  ['LSTM without bias', [5, 3], [foreign('LSTM', { units: 4, use_bias: false }), ...end]],
  ['GRU', [5, 3], [foreign('GRU', { units: 4, return_sequences: true }), ...end]],
  ['GRU that resets after', [5, 3], [foreign('GRU', { units: 4, reset_after: true }), ...end]],
  ['SimpleRNN', [5, 3], [foreign('SimpleRNN', { units: 4, go_backwards: true }), ...end]],
  [
    'Bidirectional',
    [5, 3],
    [foreign('Bidirectional', { layer: { class_name: 'LSTM', config: { units: 4, return_sequences: true } } }), ...end],
  ],
  [
    'Bidirectional sum',
    [5, 3],
    [foreign('Bidirectional', { layer: { class_name: 'GRU', config: { units: 4 } }, merge_mode: 'sum' }), ...end],
  ],
  ['BatchNormalization', [5, 3], [foreign('BatchNormalization'), ...end]],
  ['BatchNormalization without scale', [5, 3], [foreign('BatchNormalization', { scale: false }), ...end]],
  ['LayerNormalization', [5, 3], [foreign('LayerNormalization'), ...end]],
  ['Activation', [5], [foreign('Activation', { activation: 'elu' }), ...end]],
  ['LeakyReLU', [5], [foreign('LeakyReLU', { alpha: 0.1 }), ...end]],
  ['ELU', [5], [foreign('ELU'), ...end]],
  ['Reshape', [12], [foreign('Reshape', { target_shape: [3, -1, 2] }), ...end]],
  ['Permute', [3, 4], [foreign('Permute', { dims: [2, 1] }), ...end]],
  ['RepeatVector', [3], [foreign('RepeatVector', { n: 4 }), ...end]],
  [
    'ZeroPadding2D',
    [3, 4, 1],
    [
      foreign('ZeroPadding2D', {
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
      ...end,
    ],
  ],
  ['UpSampling2D', [3, 4, 1], [foreign('UpSampling2D', { size: [2, 3] }), ...end]],
  ['Embedding', [4], [foreign('Embedding', { input_dim: 9, output_dim: 3 }), ...end]],
];

describe('shapes and layout', () => {
  for (const [what, input, layers] of models) {
    it(`are those of tfjs: ${what}`, async () => {
      const spec = parseSpec({ task: 'regress', input, layers });
      const { topology, owners } = kerasTopology(spec, { zeros: true });
      const model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
      const shapes = shapesOf(spec);
      const tensors: number[][] = [];
      for (const [index, { name }] of owners.entries()) {
        const layer = model.getLayer(name);
        assert.deepEqual(layer.outputShape, [null, ...shapes[index + 1]]);
        for (const weight of layer.getWeights()) tensors.push(weight.shape);
      }
      assert.deepEqual(
        layoutOf(spec).tensors.map(({ shape }) => shape),
        tensors,
      );
      assert.equal(layoutOf(spec).size, model.countParams());
      assert.equal(summarise(spec).parameters, model.countParams());
      const frozen = model.getLayer(owners[0].name).nonTrainableWeights.length;
      assert.equal(layoutOf(spec).tensors.filter(({ trainable }) => !trainable).length, frozen);
      model.dispose();
    });
  }

  it('offsets follow one another without a gap', () => {
    const spec = parseSpec({ task: 'regress', input: [9, 8, 2], layers: models[7][2] });
    let next = 0;
    for (const { offset, size, shape, channels } of layoutOf(spec).tensors) {
      assert.equal(offset, next);
      assert.equal(
        size,
        shape.reduce((all, one) => all * one, 1),
      );
      assert.equal(size % channels, 0);
      next += size;
    }
    assert.equal(next, layoutOf(spec).size);
  });

  it('refuses a layer that makes too much of a sample', () => {
    const wide: LayerSpec = { type: 'dense', units: 1024, activation: 'relu' };
    assert.throws(
      () => parseSpec({ task: 'regress', input: [1024 * 1024, 1], layers: [wide] }),
      /gives 1073741824 numbers a sample/,
    );
  });

  it('counts multiply-adds by hand', () => {
    const spec = parseSpec({
      task: 'regress',
      input: [10, 3],
      layers: [
        { type: 'conv1d', filters: 4, kernelSize: 3, activation: 'relu' },
        { type: 'max_pool1d', poolSize: 2 },
        { type: 'flatten' },
        { type: 'dense', units: 5, activation: 'linear' },
      ],
    });
    const { layers, parameters, bytes, multiplyAdds } = summarise(spec);
    assert.deepEqual(
      layers.map((layer) => [layer.name, layer.output, layer.parameters, layer.multiplyAdds]),
      [
        ['conv1d', [8, 4], 3 * 3 * 4 + 4, 8 * 3 * 3 * 4],
        ['max_pool1d', [4, 4], 0, 0],
        ['flatten', [16], 0, 0],
        ['dense', [5], 85, 80],
      ],
    );
    assert.deepEqual([parameters, bytes, multiplyAdds], [125, 500, 368]);
  });
});
