import assert from 'node:assert/strict';
import { initialWeights, layoutOf, type ModelSpec, parseSpec } from '../../../lib/model/index';

const model = (initializer: string, seed = 1): ModelSpec =>
  parseSpec({
    task: 'regress',
    input: [60],
    seed,
    layers: [
      { type: 'dense', units: 140, activation: 'relu', initializer },
      { type: 'dense', units: 2, activation: 'linear' },
    ],
  });

function kernel(spec: ModelSpec): Float32Array {
  const [{ offset, size }] = layoutOf(spec).tensors;
  return initialWeights(spec).subarray(offset, offset + size);
}

const deviation = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('initial weights', () => {
  it('are the same bits for the same seed, others for another', () => {
    assert.deepEqual(initialWeights(model('glorot_uniform')), initialWeights(model('glorot_uniform')));
    assert.notDeepEqual(initialWeights(model('glorot_uniform')), initialWeights(model('glorot_uniform', 2)));
  });

  // Glorot & Bengio 2010: variance 2 / (in + out); He 2015: 2 / in; LeCun 1998: 1 / in. Limits of the uniforms: sqrt(3 variance).
  const variances: [string, number, number][] = [
    ['glorot_uniform', 2 / 200, Math.sqrt(6 / 200)],
    ['he_uniform', 2 / 60, Math.sqrt(6 / 60)],
    ['he_normal', 2 / 60, (2 * Math.sqrt(2 / 60)) / 0.8796],
    ['lecun_normal', 1 / 60, (2 * Math.sqrt(1 / 60)) / 0.8796],
  ];
  for (const [initializer, variance, limit] of variances) {
    it(`${initializer} has the variance and the limits of its paper`, () => {
      const values = kernel(model(initializer));
      assert.ok(Math.abs(deviation(values) / Math.sqrt(variance) - 1) < 0.03, `${deviation(values)}`);
      assert.ok(values.every((value) => Math.abs(value) <= limit * 1.0001));
      assert.ok(values.some((value) => Math.abs(value) > limit * 0.95));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      assert.ok(Math.abs(mean) < 4 * Math.sqrt(variance / values.length), `${mean}`);
    });
  }

  it('has biases of zero, and an LSTM that remembers at first', () => {
    const spec = parseSpec({
      task: 'regress',
      input: [5, 3],
      layers: [
        { type: 'foreign', className: 'LSTM', config: { units: 4 } },
        { type: 'foreign', className: 'BatchNormalization' },
        { type: 'dense', units: 1, activation: 'linear' },
      ],
    });
    const weights = initialWeights(spec);
    const named = (name: string): number[] => {
      const slot = layoutOf(spec).tensors.find((tensor) => tensor.name === name);
      assert.ok(slot, name);
      return [...weights.subarray(slot.offset, slot.offset + slot.size)];
    };
    assert.deepEqual(named('lstm_1/bias'), [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(named('batchnormalization_1/gamma'), [1, 1, 1, 1]);
    assert.deepEqual(named('batchnormalization_1/moving_mean'), [0, 0, 0, 0]);
    assert.deepEqual(named('batchnormalization_1/moving_variance'), [1, 1, 1, 1]);
    assert.deepEqual(named('dense_1/bias'), [0]);
    const recurrent = named('lstm_1/recurrent_kernel');
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        let dot = 0;
        for (let i = 0; i < 16; i++) dot += recurrent[a * 16 + i] * recurrent[b * 16 + i];
        assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-6, `rows ${a} and ${b}: ${dot}`);
      }
    }
  });
});
