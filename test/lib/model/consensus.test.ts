/** Predictions on public rows as a specification: what it must look like, and who cannot use it. */
import assert from 'node:assert/strict';
import { sampleBank } from '../../../lib/data';
import { consensusModel, consensusOf } from '../../../lib/distillation';
import { exportModel } from '../../../lib/export/export-model';
import { gatewayLearner } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import { defaultModel, fingerprint, initialWeights, isConsensus, parseSpec, refuseConsensus } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import { vectorPayload } from '../../../lib/update/vector';

const wish = { digest: '0123456789abcdef', rows: 30, labels: ['a', 'b', 'c'] };

describe('predictions on public rows as a model', () => {
  const model = consensusModel(wish);

  it('are rows x labels, and say nothing at first', () => {
    assert.equal(model.layout.size, 90);
    assert.deepEqual(model.layout.tensors[0].shape, [30, 3]);
    assert.equal(model.normalisation, 'none');
    assert.ok(firstWeights(model).every((value) => value === 0));
    assert.ok(initialWeights({ ...model.spec, seed: 77 }).every((value) => value === 0));
    assert.deepEqual(consensusOf(model), wish);
    assert.deepEqual(parseSpec(JSON.parse(JSON.stringify(model.spec))), model.spec);
  });

  it('have the digest, the number of rows and the labels in their fingerprint', () => {
    const others = [
      { ...wish, digest: '0123456789abcdee' },
      { ...wish, rows: 31 },
      { ...wish, labels: ['a', 'c', 'b'] },
      { ...wish, seed: 1 },
    ];
    const names = [wish, ...others].map((one) => consensusModel(one).fingerprint);
    assert.equal(new Set(names).size, 5);
    assert.equal(consensusModel(structuredClone(wish)).fingerprint, model.fingerprint);
  });

  it('change no fingerprint of a network: the one before there were any', () => {
    const network = parseSpec({
      task: 'classify',
      input: [2],
      layers: [{ type: 'dense', units: 2, activation: 'softmax' }],
      labels: ['no', 'yes'],
    });
    assert.equal('consensus' in network, false);
    assert.equal(fingerprint(network), fingerprint({ ...network, consensus: undefined }));
  });

  it('must look like nothing else', () => {
    const dense = model.spec.layers[0];
    const wrong = [
      { consensus: {} },
      { consensus: { digest: 'ABCDEF0123456789' } },
      { consensus: { digest: '0123456789abcde' } },
      { consensus: { digest: 123 } },
      { consensus: { digest: wish.digest, more: 1 } },
      { consensus: null },
      { input: [30, 1] },
      { task: 'multi-label', loss: 'sigmoid_cross_entropy' },
      { labels: ['a', 'b'] },
      { labels: undefined },
      { loss: 'mean_squared_error' },
      { layers: [{ ...dense, activation: 'softmax' }] },
      { layers: [{ ...dense, useBias: true }] },
      { layers: [{ ...dense, initializer: 'he_normal' }] },
      { layers: [dense, dense] },
      { layers: [{ type: 'flatten' }, dense] },
      { features: Array.from({ length: 30 }, (_, i) => `f${i}`) },
      { backbone: { sha256: 'a'.repeat(64), inputs: 5, outputs: 30 } },
    ];
    for (const change of wrong) {
      assert.throws(() => parseSpec({ ...model.spec, ...change }), { code: 'model' }, JSON.stringify(change));
    }
    // And without the consensus it is no classifier.
    assert.throws(() => parseSpec({ ...model.spec, consensus: undefined }), { code: 'model' });
  });

  it('are refused where a network belongs, in a sentence that says where they belong', async () => {
    const network = defaultModel({ task: 'classify', input: [30], labels: wish.labels });
    refuseConsensus(network);
    assert.equal(isConsensus(network), false);
    assert.throws(() => refuseConsensus(model.spec), { code: 'consensus', message: /fl-distill/ });
    const engine = createCoreEngine();
    const weights = firstWeights(model);
    const job = { spec: model.spec, weights };
    const features = new Float32Array(30);
    const samples = { features, targets: new Float32Array(1), count: 1 };
    const options = { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: 1 } as const;
    await assert.rejects(engine.train({ ...job, samples, options }), { code: 'consensus' });
    await assert.rejects(engine.predict({ ...job, features, count: 1 }), { code: 'consensus' });
    const bank = sampleBank({ width: 30, targetWidth: 1, capacity: 1, eviction: 'oldest' });
    assert.throws(() => gatewayLearner({ model, bank, train: (one) => engine.train(one) }), { code: 'consensus' });
    const file = { name: 'x', about: [], formats: ['tflite-float32'], rangeMethod: 'minmax', ...job } as const;
    await assert.rejects(exportModel({ ...file, formats: [...file.formats] }, engine), { code: 'consensus' });
    assert.throws(() => consensusOf({ spec: network }), { code: 'consensus', message: /network/ });
  });

  it('can be quantised with a scale for each label', () => {
    const tensors = model.layout.tensors.map(({ size, channels }): [number, number] => [size, channels]);
    const vector = Float32Array.from({ length: 90 }, (_, i) => Math.sin(i) * 10 ** (i % 3));
    const coded = applyCodec({ fl: { codecs: [], tensors }, payload: vectorPayload(vector) }, 'quantize', {
      bits: 8,
      per: 'channel',
    });
    const back = decodeAll(coded.payload, coded.codecs, tensors);
    for (const [i, value] of vector.entries()) {
      assert.ok(Math.abs(back[i] - value) <= (1.01 * 10 ** (i % 3)) / 127, `number ${i}`);
    }
  });
});
