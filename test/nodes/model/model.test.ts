import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import { initialWeights } from '../../../lib/model';
import { readModel as read } from '../../../nodes/model/read-model';
import type { ModelNode } from '../../../nodes/shared/model';
import type { Settings } from '../../../nodes/shared/red';
import { startRuntime } from '../runtime';

const settings = (fields: Record<string, unknown>): Settings => ({
  id: 'm',
  type: 'fl-model',
  name: '',
  z: '',
  ...fields,
});
const readModel = (fields: Settings) => read(fields, tmpdir());
const dense = (units: number) => ({ type: 'dense', units, activation: 'relu' });

describe('fl-model', () => {
  it('adds the output layer that the task needs', async () => {
    const common = { inputShape: '4', layers: [dense(3)] };
    const classify = await readModel(settings({ ...common, task: 'classify', labels: 'low, middle, high' }));
    assert.deepEqual(classify.spec.labels, ['low', 'middle', 'high']);
    // 4*3+3 and 3*3+3
    assert.equal(classify.layout.size, 27);
    assert.equal((await readModel(settings({ ...common, task: 'regress', outputs: '2' }))).layout.size, 15 + 8);
    assert.equal((await readModel(settings({ ...common, task: 'anomaly' }))).layout.size, 15 + 16);
  });

  it('flattens before the output where the table ends in more than one dimension', async () => {
    const { spec } = await readModel(
      settings({
        task: 'classify',
        labels: 'a, b',
        inputShape: '16 × 3',
        layers: [{ type: 'conv1d', filters: 2, kernelSize: 3, activation: 'relu' }],
      }),
    );
    assert.deepEqual(
      spec.layers.map((layer) => layer.type),
      ['conv1d', 'flatten', 'dense'],
    );
  });

  it('takes the input shape from the feature names', async () => {
    const { spec } = await readModel(settings({ labels: 'a, b', inputShape: '', features: 'x, y, z', layers: [] }));
    assert.deepEqual(spec.input, [3]);
    assert.deepEqual(spec.features, ['x', 'y', 'z']);
  });

  it('has the same fingerprint for the same settings, and another for another seed', async () => {
    const one = settings({ labels: 'a, b', inputShape: '2', layers: [dense(2)], seed: '1' });
    assert.equal((await readModel(one)).fingerprint, (await readModel({ ...one, id: 'n', name: 'x' })).fingerprint);
    assert.notEqual((await readModel(one)).fingerprint, (await readModel({ ...one, seed: '2' })).fingerprint);
  });

  it('holds predictions on public rows: a row of numbers for each label, and nothing said yet', async () => {
    const fields = { source: 'consensus', labels: 'a, b, c', publicRows: '7', digest: '0123456789abcdef' };
    const { spec, layout, normalisation, fingerprint } = await readModel(settings(fields));
    assert.deepEqual(spec.consensus, { digest: '0123456789abcdef' });
    assert.equal(normalisation, 'none');
    assert.deepEqual([...initialWeights(spec)], new Array(21).fill(0));
    assert.deepEqual(
      layout.tensors.map(({ size, channels }) => [size, channels]),
      [[21, 3]],
    );
    // What a network would be made of does not matter.
    const same = await readModel(
      settings({ ...fields, task: 'regress', layers: 'rubbish', seed: '9', inputShape: '3' }),
    );
    assert.equal(same.fingerprint, fingerprint);
    const others = await readModel(settings({ ...fields, digest: '0123456789abcdee' }));
    assert.notEqual(others.fingerprint, fingerprint);
  });

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['no shape and no names', { labels: 'a, b', inputShape: '', layers: [] }, /input shape/],
    ['a table that is no list', { labels: 'a, b', inputShape: '2', layers: 'dense' }, /make the table anew/],
    ['a seed out of range', { labels: 'a, b', inputShape: '2', layers: [], seed: '-1' }, /"seed"/],
    ['public rows that nobody knows yet', { source: 'consensus', labels: 'a, b' }, /fl-distill tells both/],
    [
      'a digest that is none',
      { source: 'consensus', labels: 'a, b', publicRows: '3', digest: 'ABCDEF0123456789' },
      /16 digits of 0 to 9 and a to f, as fl-distill shows it/,
    ],
    [
      'more public rows than fit',
      { source: 'consensus', labels: 'a, b', publicRows: '99999999', digest: '0123456789abcdef' },
      /./,
    ],
    ['one label', { labels: 'a', inputShape: '2', layers: [] }, /labels/],
    [
      'means for fewer inputs',
      { labels: 'a, b', inputShape: '2', layers: [], normalisation: 'fixed', mean: '1', std: '1' },
      /2 means and 2 deviations, but there are 1 and 1/,
    ],
  ];
  for (const [what, fields, sentence] of wrong) {
    it(`says what to mend: ${what}`, async () => {
      await assert.rejects(readModel(settings(fields)), { name: 'RefusedError', message: sentence });
    });
  }

  it('imports a tfjs file with its weights, by a path under the user directory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fl-model-'));
    try {
      const kernel = [1, 2, 3, 4, 5, 6];
      const bias = [0.5, -0.5];
      const input = { class_name: 'InputLayer', config: { batch_input_shape: [null, 3], name: 'in' } };
      const layer = { class_name: 'Dense', config: { name: 'out', units: 2, activation: 'softmax', use_bias: true } };
      const json = {
        format: 'layers-model',
        modelTopology: { class_name: 'Sequential', config: { name: 's', layers: [input, layer] } },
        weightsManifest: [
          {
            paths: ['w.bin'],
            weights: [
              { name: 'out/kernel', shape: [3, 2], dtype: 'float32' },
              { name: 'out/bias', shape: [2], dtype: 'float32' },
            ],
          },
        ],
      };
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
      writeFileSync(join(folder, 'w.bin'), Buffer.from(Float32Array.from([...kernel, ...bias]).buffer));
      const model = await read(settings({ source: 'file', file: 'model.json', labels: 'a, b' }), folder);
      assert.deepEqual(model.spec.input, [3]);
      assert.deepEqual(model.spec.labels, ['a', 'b']);
      assert.deepEqual([...(model.weights ?? [])], [...kernel, ...bias]);
      await assert.rejects(read(settings({ source: 'file', file: 'none.json' }), folder), /There is no file none.json/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is found by other nodes in a flow', async () => {
    const runtime = await startRuntime(
      ['model'],
      [{ id: 'm', type: 'fl-model', name: 'pump', labels: 'a, b', inputShape: '2', layers: [dense(2)] }],
    );
    try {
      const node = helper.getNode('m') as ModelNode;
      assert.equal((await node.model()).name, 'pump');
    } finally {
      await runtime.close();
    }
  });
});
