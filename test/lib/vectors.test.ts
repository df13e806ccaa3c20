/** That no vector of test/fixtures/vectors/ lies there unused. What each says is tested where its algorithm is. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectors } from './vectors';

/** From dist/test/lib/. */
const tests = join(__dirname, '../../../test');

describe('numeric vectors', () => {
  it('are each known by one name, and used by a test that names them', () => {
    const ids = vectors.map(({ id }) => id);
    assert.ok(ids.length > 0);
    assert.deepEqual([...new Set(ids)], ids);
    const sources = readdirSync(tests, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(tests, file), 'utf8'));
    const unused = ids.filter((id) => !sources.some((source) => source.includes(`'${id}'`)));
    assert.deepEqual(unused, []);
  });
});
