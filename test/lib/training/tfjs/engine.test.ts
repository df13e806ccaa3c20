/** Runs with pure tfjs, and again with the real tfjs-node where FL_EXPECT_TFJS says so. */
import assert from 'node:assert/strict';
import { initialWeights, layoutOf, type ModelSpec, parseSpec } from '../../../../lib/model/index';
import { generator } from '../../../../lib/random/generator';
import type { SampleBlock, TrainingOptions } from '../../../../lib/training/engine';
import { createTfjsEngine, type TfjsEngine } from '../../../../lib/training/tfjs/engine';
import { loadTensorFlow } from '../../../../lib/training/tfjs/load';

const foreign = (className: string, config: Record<string, unknown> = {}): unknown => ({
  type: 'foreign',
  className,
  config,
});
const options: TrainingOptions = {
  epochs: 12,
  batchSize: 8,
  optimizer: 'adam',
  learningRate: 0.02,
  seed: 7,
};

/** Waves of two frequencies, with noise: 12 steps, 2 channels, the class is the frequency. */
function waves(count: number): SampleBlock {
  const random = generator(1, 'waves');
  const features = new Float32Array(count * 24);
  const targets = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    targets[i] = i % 2;
    const phase = random.uniform() * 6;
    for (let step = 0; step < 12; step++) {
      features[i * 24 + 2 * step] = Math.sin(phase + step * (i % 2 ? 1.4 : 0.5)) + 0.1 * random.normal();
      features[i * 24 + 2 * step + 1] = random.normal();
    }
  }
  return { features, targets, count };
}

const sequenceModel = (...layers: unknown[]): ModelSpec =>
  parseSpec({
    task: 'classify',
    input: [12, 2],
    labels: ['slow', 'fast'],
    seed: 2,
    layers: [...layers, { type: 'dense', units: 2, activation: 'softmax' }],
  });

describe('tfjs engine', () => {
  let engine: TfjsEngine;
  before(() => {
    const made = createTfjsEngine();
    assert.ok(typeof made !== 'string', String(made));
    engine = made;
  });
  after(() => engine.dispose());

  it('is the one that is expected here', () => {
    assert.equal(engine.native, process.env.FL_EXPECT_TFJS === 'tfjs-node');
  });

  const learners: [what: string, layers: unknown[]][] = [
    ['LSTM', [foreign('LSTM', { units: 6 })]],
    ['GRU', [foreign('GRU', { units: 6 })]],
    ['GRU that resets after', [foreign('GRU', { units: 6, reset_after: true })]],
    ['Bidirectional', [foreign('Bidirectional', { layer: { class_name: 'SimpleRNN', config: { units: 4 } } })]],
    [
      'BatchNormalization',
      [
        { type: 'conv1d', filters: 6, kernelSize: 3, activation: 'linear' },
        foreign('BatchNormalization', { momentum: 0.8 }),
        foreign('Activation', { activation: 'elu' }),
        { type: 'flatten' },
      ],
    ],
  ];
  for (const [what, layers] of learners) {
    it(`learns with a layer that the core lacks: ${what}`, async () => {
      const spec = sequenceModel(...layers);
      const samples = waves(96);
      const job = { spec, weights: initialWeights(spec), samples, options };
      const trained = await engine.train(job);
      assert.equal(trained.steps, 12 * 12);
      assert.ok(trained.loss < 0.6 * trained.firstLoss, `${trained.loss} after ${trained.firstLoss}`);
      const { outputs } = await engine.predict({ spec, weights: trained.weights, ...samples });
      let right = 0;
      for (let i = 0; i < samples.count; i++) if ((outputs[2 * i + 1] > 0.5 ? 1 : 0) === samples.targets[i]) right++;
      assert.ok(right >= 72, `${right} of 96 right`);
    });
  }

  it('gives the same bits for the same seed', async () => {
    const spec = sequenceModel(foreign('LSTM', { units: 3 }));
    const job = { spec, weights: initialWeights(spec), samples: waves(30), options: { ...options, epochs: 2 } };
    const [one, two] = [await engine.train(job), await engine.train(job)];
    assert.deepEqual(one.weights, two.weights);
    const other = await engine.train({ ...job, options: { ...job.options, seed: 8 } });
    assert.notDeepEqual(other.weights, one.weights);
  });

  it('keeps no tensor from job to job', async () => {
    const loaded = loadTensorFlow({ native: engine.native });
    assert.ok(typeof loaded !== 'string');
    const spec = sequenceModel(foreign('LSTM', { units: 3 }), foreign('BatchNormalization'));
    const samples = waves(20);
    const job = { spec, weights: initialWeights(spec), samples, options: { ...options, epochs: 1 } };
    const memory: number[] = [];
    for (let round = 0; round < 4; round++) {
      await engine.train(job);
      await engine.predict({ spec, weights: job.weights, ...samples });
      await assert.rejects(
        engine.train(job, (done) => done < 2),
        { name: 'AbortError' },
      );
      memory.push(loaded.tf.memory().numTensors);
    }
    assert.equal(new Set(memory).size, 1, memory.join(', '));
    const before = loaded.tf.memory().numTensors;
    for (let units = 1; units < 6; units++) {
      const other = sequenceModel(foreign('GRU', { units }));
      await engine.predict({ spec: other, weights: initialWeights(other), ...samples });
    }
    assert.ok(loaded.tf.memory().numTensors <= before + 10, `${loaded.tf.memory().numTensors} after ${before}`);
  });

  it('moves the statistics of a batch normalisation, but never by the optimiser', async () => {
    const spec = sequenceModel(foreign('BatchNormalization', { momentum: 0.5 }), { type: 'flatten' });
    const samples = waves(16);
    const weights = initialWeights(spec);
    const still = { ...options, epochs: 1, batchSize: 16, optimizer: 'sgd' as const, learningRate: 1e-30 };
    const trained = await engine.train({ spec, weights, samples, options: still });
    const part = (vector: Float32Array, name: string): number[] => {
      const slot = layoutOf(spec).tensors.find((tensor) => tensor.name.endsWith(name));
      assert.ok(slot && slot.trainable === false);
      return [...vector.subarray(slot.offset, slot.offset + slot.size)];
    };
    for (let channel = 0; channel < 2; channel++) {
      const values = Array.from({ length: 16 * 12 }, (_, i) => samples.features[2 * i + channel]);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      assert.ok(Math.abs(part(trained.weights, 'moving_mean')[channel] - 0.5 * mean) < 1e-5);
      assert.ok(Math.abs(part(trained.weights, 'moving_variance')[channel] - 0.5 * (1 + variance)) < 1e-2);
    }
    assert.deepEqual(part(weights, 'moving_mean'), [0, 0]);
  });

  it('reads a variance below zero, which noise can make, as zero', async () => {
    const spec = sequenceModel(foreign('BatchNormalization'), { type: 'flatten' });
    const weights = initialWeights(spec);
    const variance = layoutOf(spec).tensors.find(({ name }) => name.endsWith('moving_variance'));
    assert.ok(variance);
    weights.fill(-1, variance.offset, variance.offset + variance.size);
    const samples = waves(4);
    const { outputs } = await engine.predict({ spec, weights, ...samples });
    assert.ok(outputs.every(Number.isFinite));
  });

  it('normalises what it reads', async () => {
    const spec = sequenceModel({ type: 'flatten' });
    const weights = initialWeights(spec);
    const samples = waves(5);
    const plain = await engine.predict({ spec, weights, ...samples });
    const mean = Array.from({ length: 24 }, (_, i) => i - 10);
    const std = Array.from({ length: 24 }, (_, i) => 0.5 + i);
    const shifted = samples.features.map((value, i) => value * std[i % 24] + mean[i % 24]);
    const same = await engine.predict({ spec, weights, features: shifted, count: 5, normalisation: { mean, std } });
    for (const [i, value] of same.outputs.entries()) assert.ok(Math.abs(value - plain.outputs[i]) < 1e-5);
  });

  it('stops when told to, and works on', async () => {
    const spec = sequenceModel({ type: 'flatten' });
    const samples = waves(64);
    const job = { spec, weights: initialWeights(spec), samples, options };
    const seen: number[] = [];
    const stopped = engine.train(job, (done, total) => {
      assert.equal(total, 96);
      seen.push(done);
      return done < 3;
    });
    await assert.rejects(stopped, { name: 'AbortError' });
    assert.deepEqual(seen, [0, 1, 2, 3]);
    assert.equal((await engine.train({ ...job, options: { ...options, maxSteps: 5 } })).steps, 5);
  });

  it('refuses jobs that do not fit, with a sentence', async () => {
    const spec = sequenceModel({ type: 'flatten' });
    const samples = waves(4);
    const job = { spec, weights: initialWeights(spec), samples, options };
    const refused = (change: object, sentence: RegExp): Promise<void> =>
      assert.rejects(engine.train({ ...job, ...change }), (error: Error) => {
        assert.equal(error.name, 'RefusedError');
        assert.match(error.message, sentence);
        return true;
      });
    await refused({ samples: { ...samples, count: 0 } }, /no samples/);
    await refused({ samples: { ...samples, count: 5 } }, /features of the samples must have 120 numbers, not 96/);
    await refused({ samples: { ...samples, targets: Float32Array.of(0, 1, 2, 0) } }, /class from 0 to 1, not 2/);
    await refused({ samples: { ...samples, targets: Float32Array.of(0, 1, 0.5, 0) } }, /not 0.5/);
    await refused({ weights: new Float32Array(2) }, /weights must have 50 numbers, not 2/);
    await refused({ options: { ...options, learningRate: Number.NaN } }, /learning rate/);
    await refused({ options: { ...options, batchSize: 0 } }, /batch size/);
    await refused({ options: { ...options, classWeights: [1] } }, /one class weight for each of the 2 labels/);
    await refused({ normalisation: { mean: [0], std: [1] } }, /normalisation is for 1 features/);
    await refused({ normalisation: { mean: Array(24).fill(0), std: Array(24).fill(0) } }, /above zero/);
  });
});

describe('finding TensorFlow.js', () => {
  const refuseAll = Object.assign(() => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  }, require);
  const broken = Object.assign((name: string): unknown => {
    if (name === '@tensorflow/tfjs-node') throw new Error('libtensorflow.so.2: cannot open shared object file');
    return require(name);
  }, require);

  it('says what to install when there is none', () => {
    assert.match(String(loadTensorFlow({ native: true }, refuseAll)), /npm install @tensorflow\/tfjs/);
  });

  it('goes on with the pure one when the native one does not load', () => {
    const found = loadTensorFlow({ native: true }, broken);
    assert.ok(typeof found !== 'string');
    assert.equal(found.native, false);
  });

  it('says why when what is installed does not work', () => {
    const other = Object.assign((): unknown => ({}), require);
    assert.match(
      String(loadTensorFlow({ native: false }, other)),
      /does not work here \(@tensorflow\/tfjs did not load/,
    );
  });
});
