import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { lifeOf } from '../killed-process';

const script = join(__dirname, 'async-process.js');

describe('a federation without rounds, killed', () => {
  it('has on the disk each version that went out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-async-killed-'));
    try {
      const random = generator(5, 'kill');
      let out = 0;
      for (let life = 0; life < 8; life++) {
        const kill = { word: 'version', rounds: 1 + random.below(12), ms: random.uniform() * 10 };
        const said = await lifeOf(script, [folder], kill);
        assert.deepEqual(said('refused'), []);
        const found = Number(said('found')[0]);
        assert.ok(found >= out, `found ${found}, ${out} was out`);
        const versions = said('version').map(Number);
        for (const [i, version] of versions.entries()) assert.ok(version >= (versions[i - 1] ?? found));
        out = Math.max(out, found, ...versions);
      }
      assert.ok(out > 4, `only ${out} versions went out`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
