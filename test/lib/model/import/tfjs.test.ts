/** Files that tfjs itself wrote, with what tfjs itself predicts; and ours, read by tfjs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  exportTfjs,
  type ImportedModel,
  importModel,
  importTfjsArtifacts,
  initialWeights,
  parseSpec,
} from '../../../../lib/model/index';
import { createTfjsEngine, type TfjsEngine } from '../../../../lib/training/tfjs/engine';

tf.enableProdMode();

function recurrent(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.gru({ units: 4, inputShape: [6, 3], returnSequences: true }));
  model.add(tf.layers.batchNormalization());
  model.add(tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 3 }), mergeMode: 'ave' }));
  model.add(tf.layers.dropout({ rate: 0.3 }));
  model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  return model;
}
function convolution(): tf.LayersModel {
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({ inputShape: [8, 7, 2], filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
  );
  model.add(tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, activation: 'tanh' }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.globalAveragePooling2d({}));
  model.add(tf.layers.dense({ units: 2 }));
  model.add(tf.layers.activation({ activation: 'softmax' }));
  return model;
}
function functional(): tf.LayersModel {
  const input = tf.input({ shape: [5] });
  const hidden = tf.layers.dense({ units: 4, activation: 'selu' }).apply(input);
  assert.ok(hidden instanceof tf.SymbolicTensor);
  const output = tf.layers.dense({ units: 2 }).apply(tf.layers.leakyReLU().apply(hidden));
  assert.ok(output instanceof tf.SymbolicTensor);
  return tf.model({ inputs: input, outputs: output });
}

/** Weights unlike any start, so that a mix-up shows. */
function stir(model: tf.LayersModel): void {
  for (const [index, weight] of model.weights.entries()) {
    const random = tf.randomNormal(weight.shape.map(Number), 0, 0.5, 'float32', 7 + index);
    weight.write(/variance/.test(weight.name) ? random.abs() : random);
  }
}

async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return saved;
}

/** The files as tfjs-node's file handler writes them. */
function writeFiles(folder: string, { modelTopology, weightSpecs, weightData }: tf.io.ModelArtifacts): string {
  const data = Buffer.from(weightData instanceof ArrayBuffer ? weightData : new ArrayBuffer(0));
  const half = data.length >> 1;
  const weightsManifest = [{ paths: ['shard1of2.bin', 'shard2of2.bin'], weights: weightSpecs }];
  writeFileSync(join(folder, 'shard1of2.bin'), data.subarray(0, half));
  writeFileSync(join(folder, 'shard2of2.bin'), data.subarray(half));
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ modelTopology, weightsManifest, format: 'layers-model' }));
  return join(folder, 'model.json');
}

describe('import of tfjs files', () => {
  let engine: TfjsEngine;
  let folder: string;
  before(() => {
    const made = createTfjsEngine({ native: false });
    assert.ok(typeof made !== 'string', String(made));
    engine = made;
    folder = mkdtempSync(join(tmpdir(), 'fl-import-'));
  });
  after(() => {
    engine.dispose();
    rmSync(folder, { recursive: true });
  });

  async function agree(model: tf.LayersModel, { spec, weights }: ImportedModel): Promise<void> {
    assert.ok(weights);
    const size = spec.input.reduce((all, one) => all * one, 1);
    const features = Float32Array.from({ length: 5 * size }, (_, i) => Math.sin(1.3 * i));
    const { outputs } = await engine.predict({ spec, weights, features, count: 5 });
    const wanted = model.predict(tf.tensor(features, [5, ...spec.input]));
    assert.ok(wanted instanceof tf.Tensor);
    const values = wanted.dataSync<'float32'>();
    assert.equal(outputs.length, values.length);
    for (const [i, value] of values.entries())
      assert.ok(Math.abs(outputs[i] - value) < 1e-5, `${outputs[i]}, not ${value}`);
  }

  for (const [what, make] of Object.entries({ recurrent, convolution, functional })) {
    it(`${what}: predicts what tfjs predicts, from files and from memory`, async () => {
      const model = make();
      stir(model);
      const artifacts = await artifactsOf(model);
      const fromFile = await importModel(writeFiles(folder, artifacts));
      await agree(model, fromFile);
      const { modelTopology, weightSpecs, weightData } = artifacts;
      assert.ok(weightData instanceof ArrayBuffer);
      const fromMemory = importTfjsArtifacts({ modelTopology, weightSpecs, weightData });
      assert.deepEqual(fromMemory, fromFile);
      model.dispose();
    });
  }

  it('reads 8-bit weights to within their step', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4], useBias: false })] });
    const artifacts = await artifactsOf(model);
    const quantization = { dtype: 'uint8', scale: 0.01, min: -1 };
    const { weights } = importTfjsArtifacts({
      modelTopology: artifacts.modelTopology,
      weightSpecs: artifacts.weightSpecs?.map((spec) => ({ ...spec, quantization })),
      weightData: Uint8Array.of(0, 100, 150, 255).buffer,
    });
    assert.deepEqual(weights, Float32Array.of(-1, 0, 0.5, 1.55));
  });

  const exported: unknown[][] = [
    [
      { type: 'dense', units: 5, activation: 'leaky_relu' },
      { type: 'flatten' },
      { type: 'dense', units: 2, activation: 'linear' },
    ],
    [
      { type: 'foreign', className: 'BatchNormalization' },
      {
        type: 'foreign',
        className: 'Bidirectional',
        config: { layer: { class_name: 'LSTM', config: { units: 3 } } },
      },
      { type: 'dense', units: 2, activation: 'linear' },
    ],
    [
      { type: 'conv1d', filters: 3, kernelSize: 2, activation: 'relu' },
      { type: 'max_pool1d', poolSize: 2 },
      { type: 'foreign', className: 'GRU', config: { units: 3 } },
      { type: 'dense', units: 2, activation: 'linear' },
    ],
  ];
  for (const [index, layers] of exported.entries()) {
    it(`what is exported is read by tfjs, and by the import again (${index + 1})`, async () => {
      const spec = parseSpec({ task: 'regress', input: [6, 2], layers, seed: 4 });
      const weights = initialWeights(spec).map((value, i) => value + 0.1 + 0.01 * Math.sin(i));
      const files = exportTfjs(spec, weights);
      const { modelTopology, weightsManifest } = JSON.parse(files['model.json'].toString());
      const weightData = Uint8Array.from(files['weights.bin']).buffer;
      const model = await tf.loadLayersModel({
        load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
      });
      await agree(model, { spec, weights, notes: [] });
      const again = await importModel(
        [
          { name: 'model.json', bytes: files['model.json'] },
          { name: 'weights.bin', bytes: files['weights.bin'] },
        ],
        { task: 'regress', seed: 4 },
      );
      assert.deepEqual(again.spec, spec);
      assert.deepEqual(again.weights, weights);
      model.dispose();
    });
  }

  it('does not export what tfjs has not', () => {
    const gru = { type: 'foreign', className: 'GRU', config: { units: 2, reset_after: true } };
    const spec = parseSpec({ task: 'regress', input: [3, 1], layers: [gru, { type: 'dense', units: 1 }] });
    assert.throws(() => exportTfjs(spec, initialWeights(spec)), /GRU with reset_after cannot be written/);
  });

  describe('of files that cannot be trusted', () => {
    const spec = parseSpec({
      task: 'regress',
      input: [2],
      layers: [{ type: 'dense', units: 3, activation: 'linear' }],
    });
    const files = exportTfjs(spec, initialWeights(spec));
    const refused = (model: unknown, shard: Uint8Array, sentence: RegExp): Promise<void> =>
      assert.rejects(
        importModel([
          { name: 'model.json', bytes: Buffer.from(JSON.stringify(model)) },
          { name: 'weights.bin', bytes: shard },
        ]),
        (error: Error) => {
          assert.equal(error.name, 'RefusedError');
          assert.match(error.message, sentence);
          return true;
        },
      );
    const changed = (
      change: (weights: { name: string; shape: unknown; dtype: unknown }[], manifest: { paths: string[] }) => void,
    ) => {
      const model = JSON.parse(files['model.json'].toString());
      change(model.weightsManifest[0].weights, model.weightsManifest[0]);
      return model;
    };
    const bytes = files['weights.bin'];

    it('refuses weights that are cut off', () =>
      refused(
        changed(() => {}),
        bytes.subarray(0, 20),
        /are cut off/,
      ));
    it('refuses weights with more than the manifest says', () =>
      refused(
        changed(() => {}),
        Buffer.concat([bytes, bytes]),
        /more bytes than the manifest says/,
      ));
    it('refuses a shape that does not fit the layer', () =>
      refused(
        changed((weights) => (weights[0].shape = [3, 2])),
        bytes,
        /has the shape \[3,2\], but its layer needs \[2,3\]/,
      ));
    it('refuses an enormous shape before it takes memory', () =>
      refused(
        changed((weights) => (weights[0].shape = [1e6, 1e6])),
        bytes,
        /larger than a model may be/,
      ));
    it('refuses a negative shape', () =>
      refused(
        changed((weights) => (weights[0].shape = [-1, -6])),
        bytes,
        /shape of .* is damaged/,
      ));
    it('refuses an unknown type of numbers', () =>
      refused(
        changed((weights) => (weights[0].dtype = 'constructor')),
        bytes,
        /cannot be read/,
      ));
    it('refuses a missing tensor', () =>
      refused(
        changed((weights) => (weights[0].name = 'other/kernel')),
        bytes,
        /no tensor "kernel" for the layer layer_1_dense/,
      ));
    it('refuses numbers that are not finite', () => {
      const broken = Buffer.from(bytes);
      broken.writeFloatLE(Number.NaN, 4);
      return refused(
        changed(() => {}),
        broken,
        /not finite/,
      );
    });
    for (const path of ['../secret.bin', '/etc/passwd', 'a/b.bin', 'file:///etc/passwd', '..']) {
      it(`refuses the path ${path}`, () =>
        refused(
          changed((_weights, manifest) => (manifest.paths = [path])),
          bytes,
          /outside of its folder/,
        ));
    }
    it('refuses a weight file that is a link out of the folder', async () => {
      const path = join(folder, 'model.json');
      writeFileSync(path, files['model.json']);
      rmSync(join(folder, 'weights.bin'), { force: true });
      symlinkSync('/etc/hostname', join(folder, 'weights.bin'));
      await assert.rejects(importModel(path), /lies outside of the folder/);
    });
    it('refuses a missing weight file', () =>
      assert.rejects(importModel([{ name: 'model.json', bytes: files['model.json'] }]), /weights.bin is missing/));
    it('refuses a graph model', () =>
      refused({ format: 'graph-model', modelTopology: {} }, bytes, /cannot be trained/));
    it('refuses a model with a circle', () =>
      refused(
        {
          modelTopology: {
            class_name: 'Model',
            config: {
              input_layers: [['a', 0, 0]],
              output_layers: [['c', 0, 0]],
              layers: [
                {
                  class_name: 'InputLayer',
                  name: 'a',
                  config: { name: 'a', batch_input_shape: [null, 2] },
                  inbound_nodes: [],
                },
                { class_name: 'Dense', name: 'b', config: { name: 'b', units: 2 }, inbound_nodes: [[['c', 0, 0, {}]]] },
                { class_name: 'Dense', name: 'c', config: { name: 'c', units: 2 }, inbound_nodes: [[['b', 0, 0, {}]]] },
              ],
            },
          },
        },
        bytes,
        /goes round in a circle/,
      ));
    it('is not led astray by names of the prototype', async () => {
      await refused(
        JSON.parse('{"modelTopology": {"__proto__": {"class_name": "Sequential"}}}'),
        bytes,
        /class of the model/,
      );
      const layer = (name: string) => ({ class_name: name, config: { name, batch_input_shape: [null, 2] } });
      for (const name of ['constructor', '__proto__', 'toString']) {
        const model = { modelTopology: { class_name: 'Sequential', config: { layers: [layer(name)] } } };
        await refused(model, bytes, /is not supported; replace it/);
      }
    });
    it('refuses an open input length', () =>
      refused(
        {
          modelTopology: {
            class_name: 'Sequential',
            config: {
              layers: [{ class_name: 'LSTM', config: { name: 'l', units: 2, batch_input_shape: [null, null, 3] } }],
            },
          },
        },
        bytes,
        /open length/,
      ));
  });
});
