import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { readModel } from '../../../nodes/model/read-model';
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

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['no shape and no names', { labels: 'a, b', inputShape: '', layers: [] }, /input shape/],
    ['a table that is no list', { labels: 'a, b', inputShape: '2', layers: 'dense' }, /make the table anew/],
    ['a seed out of range', { labels: 'a, b', inputShape: '2', layers: [], seed: '-1' }, /"seed"/],
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
