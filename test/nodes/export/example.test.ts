import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { figures, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-export', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('13: writes files for a board, which decide as the model does', async () => {
    runtime = await startExample('13');
    const last = await runtime.next('report', (msg) => figures(msg).round === 15);
    const { comparison, paths } = last.payload as {
      comparison: { decisionsChanged: number; int8: { accuracy: number } };
      paths: string[];
    };
    assert.ok(comparison.int8.accuracy > 0.9, `${comparison.int8.accuracy}`);
    assert.ok(comparison.decisionsChanged <= 0.01, `${comparison.decisionsChanged}`);
    assert.deepEqual(
      paths.map((path) => path.split(/[\\/]/).at(-1)),
      ['pump_float32.tflite', 'pump_int8.tflite', 'pump.h'],
    );
    for (const path of paths) assert.ok(readFileSync(path).length > 1000);
    assert.ok(runtime.received('file').every(({ payload }) => Buffer.isBuffer(payload)));
  });
});
