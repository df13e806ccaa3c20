import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importModel } from '../../../../lib/model/import/import-model';

const folder = mkdtempSync(join(tmpdir(), 'fl-multi-label-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a file of a model with several labels at once', () => {
  for (const activation of ['sigmoid', 'linear']) {
    it(`ending in ${activation}: each output is a label of its own`, async () => {
      const path = join(folder, `${activation}.json`);
      const dense = {
        class_name: 'Dense',
        config: { name: 'd', units: 3, activation, use_bias: true, batch_input_shape: [null, 4] },
      };
      writeFileSync(
        path,
        JSON.stringify({ class_name: 'Sequential', config: { name: 'm', layers: [dense] }, keras_version: '2.12.0' }),
      );
      const { spec } = await importModel(path, { task: 'multi-label', labels: ['leak', 'worn', 'dirty'] });
      assert.deepEqual(
        [spec.task, spec.loss, spec.labels],
        ['multi-label', 'sigmoid_cross_entropy', ['leak', 'worn', 'dirty']],
      );
      const unnamed = await importModel(path, { task: 'multi-label' });
      assert.deepEqual(unnamed.spec.labels, ['class 0', 'class 1', 'class 2']);
    });
  }
});
