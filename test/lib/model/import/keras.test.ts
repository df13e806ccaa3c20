/** Keras 3 and 2 files, and what Keras itself made of a few inputs (test/fixtures/keras/make-*.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importModel, initialWeights, layoutOf } from '../../../../lib/model/index';
import { createTfjsEngine, type TfjsEngine } from '../../../../lib/training/tfjs/engine';

const folder = join(process.cwd(), 'test/fixtures/keras');

interface Expected {
  rows: number[][];
  outputs: number[][];
}

function isExpected(value: unknown): value is Record<string, Expected> {
  return typeof value === 'object' && value !== null && 'dense' in value;
}

function readExpected(): Record<string, Expected> {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const all = Object.assign({}, read('expected.json'), read('expected-keras2.json'));
  assert.ok(isExpected(all));
  return all;
}
const expected = readExpected();

/** How each model's layers are taken over, and a word that its notes hold. */
const models: Record<string, { layers: string[]; task: string; notes: RegExp[] }> = {
  dense: {
    layers: ['dense', 'dense', 'dense'],
    task: 'classify',
    notes: [/dropout.* is left out/, /kernel_regularizer/],
  },
  functional: {
    layers: ['dense', 'dense', 'Activation', 'dense'],
    task: 'classify',
    notes: [/called class 0 to class 1/],
  },
  normalised: { layers: ['dense', 'Activation', 'dense'], task: 'regress', notes: [/became the normalisation/] },
  gru: { layers: ['GRU', 'dense'], task: 'classify', notes: [] },
  'gru-stack': { layers: ['Bidirectional', 'GRU', 'GRU', 'dense'], task: 'classify', notes: [] },
  adapted: { layers: ['dense'], task: 'classify', notes: [/became the normalisation/] },
  rescaled: { layers: ['dense'], task: 'regress', notes: [/became the normalisation/] },
  conv1d: {
    layers: ['conv1d', 'max_pool1d', 'Conv1D', 'Activation', 'average_pool1d', 'flatten', 'dense'],
    task: 'classify',
    notes: [/classify was taken from its last layer/],
  },
  conv2d: {
    layers: [
      'conv2d',
      'BatchNormalization',
      'Activation',
      'depthwise_conv2d',
      'depthwise_conv2d',
      'conv2d',
      'average_pool2d',
      'max_pool2d',
      'flatten',
      'dense',
    ],
    task: 'classify',
    notes: [],
  },
  image: {
    layers: [
      'ZeroPadding2D',
      'conv2d',
      'Activation',
      'UpSampling2D',
      'Conv2DTranspose',
      'Activation',
      'flatten',
      'dense',
    ],
    task: 'classify',
    notes: [],
  },
  recurrent: {
    layers: ['Bidirectional', 'LayerNormalization', 'GRU', 'SimpleRNN', 'BatchNormalization', 'dense'],
    task: 'classify',
    notes: [],
  },
  autoencoder: { layers: ['LSTM', 'RepeatVector', 'LSTM', 'dense'], task: 'regress', notes: [] },
  'keras2-mixed': {
    layers: [
      'conv1d',
      'Activation',
      'BatchNormalization',
      'LSTM',
      'Bidirectional',
      'dense',
      'Activation',
      'LeakyReLU',
      'dense',
    ],
    task: 'classify',
    notes: [/dropout.* is left out/],
  },
  'keras2-functional': { layers: ['dense', 'LeakyReLU', 'LayerNormalization', 'dense'], task: 'regress', notes: [] },
  words: { layers: ['Embedding', 'Permute', 'flatten', 'dense'], task: 'classify', notes: [] },
};

describe('import of Keras files', () => {
  let engine: TfjsEngine;
  before(() => {
    const made = createTfjsEngine();
    assert.ok(typeof made !== 'string', String(made));
    engine = made;
  });
  after(() => engine.dispose());

  async function compare(file: string, name: string): Promise<void> {
    const { spec, weights, normalisation, notes } = await importModel(join(folder, file));
    assert.ok(weights);
    const { layers, task, notes: wanted } = models[name];
    const found = spec.layers.map((layer) => (layer.type === 'foreign' ? layer.className : layer.type));
    assert.deepEqual(found, layers);
    assert.equal(spec.task, task);
    for (const word of wanted) assert.match(notes.join('\n'), word);
    const { rows, outputs } = expected[name];
    const result = await engine.predict({
      spec,
      weights,
      features: Float32Array.from(rows.flat()),
      count: rows.length,
      normalisation,
    });
    for (const [i, value] of outputs.flat().entries()) {
      assert.ok(Math.abs(result.outputs[i] - value) < 1e-4, `${i}: ${result.outputs[i]}, but Keras says ${value}`);
    }
  }

  for (const name of Object.keys(models)) {
    it(`${name}.keras predicts what Keras predicts`, () => compare(`${name}.keras`, name));
  }
  for (const name of ['dense', 'recurrent', 'keras2-mixed', 'keras2-functional']) {
    it(`${name}.h5 (legacy) predicts what Keras predicts`, () => compare(`${name}.h5`, name));
  }

  it('a JSON configuration alone starts from its seed, and says so', async () => {
    const { spec, weights, notes } = await importModel(join(folder, 'conv1d.json'), { seed: 9, labels: ['on', 'off'] });
    assert.equal(weights, undefined);
    assert.match(notes.join('\n'), /has no weights: the model starts from its seed/);
    assert.deepEqual(spec.labels, ['on', 'off']);
    assert.equal(initialWeights(spec).length, layoutOf(spec).size);
    const whole = await importModel(join(folder, 'conv1d.keras'), { seed: 9, labels: ['on', 'off'] });
    assert.deepEqual(spec, whole.spec);
  });

  it('takes task, labels and features from the wish', async () => {
    const file = join(folder, 'autoencoder.keras');
    const features = Array.from({ length: 12 }, (_, i) => `sensor ${i}`);
    const { spec, notes } = await importModel(file, { task: 'anomaly', features, loss: 'huber' });
    assert.equal(spec.task, 'anomaly');
    assert.equal(spec.loss, 'huber');
    assert.deepEqual(spec.features, features);
    assert.doesNotMatch(notes.join('\n'), /task/);
  });

  it('puts a softmax behind logits when the task asks for classes', async () => {
    const file = join(folder, 'normalised.keras');
    const { spec, notes } = await importModel(file, { task: 'classify', labels: ['low', 'high'] });
    const last = spec.layers[spec.layers.length - 1];
    assert.ok(last.type === 'dense' && last.activation === 'softmax');
    assert.match(notes.join('\n'), /gave logits: softmax was put at its end/);
  });

  const refusals: [file: string, sentence: RegExp][] = [
    ['refused-attention.keras', /GroupNormalization\) is not supported; replace it/],
    ['refused-branch.keras', /joins 2 branches; only models without branches/],
    ['expected.json', /class of the model is missing/],
    ['make-fixtures.py', /no model that can be read; give a .keras file/],
    ['nothing.keras', /no file nothing.keras .*check the path/],
  ];
  for (const [file, sentence] of refusals) {
    it(`refuses ${file} with a sentence`, () =>
      assert.rejects(importModel(join(folder, file)), (error: Error) => {
        assert.equal(error.name, 'RefusedError');
        assert.match(error.message, sentence);
        return true;
      }));
  }

  it('refuses the hard sigmoid of Keras 3, which is another than that of Keras 2', async () => {
    const text = readFileSync(join(folder, 'conv1d.json'), 'utf8').replace('softplus', 'hard_sigmoid');
    const file = (json: string) => [{ name: 'model.json', bytes: Buffer.from(json) }];
    await assert.rejects(importModel(file(text)), /the activation hard_sigmoid is not supported/);
    const older = await importModel(file(`{"keras_version": "2.15.0",${text.trim().slice(1)}`));
    assert.ok(
      older.spec.layers.some((layer) => layer.type === 'foreign' && layer.config.activation === 'hard_sigmoid'),
    );
  });

  it('refuses labels that do not fit', () =>
    assert.rejects(importModel(join(folder, 'dense.keras'), { labels: ['a', 'b'] }), /give it 2 units/));
});
