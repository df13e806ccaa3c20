/** The engine's arithmetic against tfjs's own fit(), full batches, where the order of the samples does not matter. */
import assert from 'node:assert/strict';
import { initialWeights, layoutOf, type ModelSpec, parseSpec } from '../../../../lib/model/index';
import { kerasTopology } from '../../../../lib/model/topology';
import { generator } from '../../../../lib/random/generator';
import type { SampleBlock, TrainingOptions } from '../../../../lib/training/engine';
import { createTfjsEngine, type TfjsEngine } from '../../../../lib/training/tfjs/engine';
import { loadTensorFlow, type TensorFlow } from '../../../../lib/training/tfjs/load';

const count = 24;
const hidden = { type: 'dense', units: 5, activation: 'tanh' };
const regress = (loss: string): ModelSpec =>
  parseSpec({ task: 'regress', input: [3], loss, layers: [hidden, { type: 'dense', units: 2, activation: 'linear' }] });
const classify = (units: number, activation: string): ModelSpec =>
  parseSpec({
    task: 'classify',
    input: [3],
    labels: units === 1 ? ['no', 'yes'] : ['a', 'b', 'c'],
    layers: [
      { ...hidden, activation: 'leaky_relu' },
      { type: 'dense', units, activation },
    ],
  });

function samplesOf(spec: ModelSpec): SampleBlock {
  const random = generator(4, 'fit');
  const features = Float32Array.from({ length: 3 * count }, () => random.normal());
  const labels = spec.labels?.length;
  const targets = Float32Array.from({ length: labels ? count : 2 * count }, () =>
    labels ? random.below(labels) : 2 * random.normal(),
  );
  return { features, targets, count };
}

/** The same training by tfjs's own means, from the same weights. */
async function fitted(tf: TensorFlow, spec: ModelSpec, options: TrainingOptions): Promise<Float32Array> {
  const samples = samplesOf(spec);
  const { topology } = kerasTopology(spec);
  const model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
  const weights = initialWeights(spec);
  model.setWeights(
    layoutOf(spec).tensors.map(({ offset, size, shape }) => tf.tensor(weights.slice(offset, offset + size), shape)),
  );
  const { learningRate } = options;
  const optimizer =
    options.optimizer === 'adam'
      ? tf.train.adam(learningRate)
      : options.optimizer === 'momentum'
        ? tf.train.momentum(learningRate, options.momentum ?? 0.9)
        : tf.train.sgd(learningRate);
  const losses = {
    softmax_cross_entropy: 'sparseCategoricalCrossentropy',
    sigmoid_cross_entropy: 'binaryCrossentropy',
    mean_squared_error: 'meanSquaredError',
    huber: (truth: Parameters<typeof tf.losses.huberLoss>[0], guess: Parameters<typeof tf.losses.huberLoss>[1]) =>
      tf.losses.huberLoss(truth, guess),
  };
  model.compile({ optimizer, loss: losses[spec.loss] });
  const width = samples.targets.length / count;
  await model.fit(tf.tensor2d(samples.features, [count, 3]), tf.tensor2d(samples.targets, [count, width]), {
    epochs: options.epochs,
    batchSize: count,
    shuffle: false,
    verbose: 0,
  });
  const out = new Float32Array(weights.length);
  for (const [i, tensor] of model.getWeights().entries()) {
    out.set(tensor.dataSync<'float32'>(), layoutOf(spec).tensors[i].offset);
  }
  return out;
}

describe('tfjs engine and tfjs itself', () => {
  let engine: TfjsEngine;
  let tf: TensorFlow;
  before(() => {
    const made = createTfjsEngine();
    const loaded = loadTensorFlow({ native: true });
    assert.ok(typeof made !== 'string' && typeof loaded !== 'string');
    engine = made;
    tf = loaded.tf;
  });
  after(() => engine.dispose());

  const specs: [string, ModelSpec][] = [
    ['softmax cross-entropy', classify(3, 'softmax')],
    ['sigmoid cross-entropy', classify(1, 'sigmoid')],
    ['mean squared error', regress('mean_squared_error')],
    ['Huber', regress('huber')],
  ];
  for (const [what, spec] of specs) {
    for (const optimizer of ['sgd', 'momentum', 'adam'] as const) {
      it(`reach the same weights: ${what}, ${optimizer}`, async () => {
        const options: TrainingOptions = { epochs: 10, batchSize: count, optimizer, learningRate: 0.05, seed: 1 };
        const wanted = await fitted(tf, spec, options);
        const weights = initialWeights(spec);
        const { weights: found } = await engine.train({ spec, weights, samples: samplesOf(spec), options });
        let moved = 0;
        for (const [i, value] of found.entries()) {
          assert.ok(Math.abs(value - wanted[i]) < 2e-5, `${i}: ${value}, not ${wanted[i]}`);
          moved = Math.max(moved, Math.abs(value - weights[i]));
        }
        assert.ok(moved > 0.01);
      });
    }
  }
});
