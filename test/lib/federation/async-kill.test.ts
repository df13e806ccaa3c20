import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';

/** What a federation said until it was killed, some ms after so many of its models had gone out. */
function live(folder: string, models: number, ms: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(__dirname, 'async-process.js'), folder]);
    let said = '';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.split('\nversion ').length > models) timer ??= setTimeout(() => child.kill('SIGKILL'), ms);
    });
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearTimeout(timer);
      // The last line may be cut.
      if (signal === 'SIGKILL') resolve(said.slice(0, said.lastIndexOf('\n')).split('\n'));
      else reject(new Error(`The federation ended by itself: ${errors}`));
    });
  });
}

describe('a federation without rounds, killed', () => {
  it('has on the disk each version that went out', async function () {
    this.timeout(120_000);
    const folder = await mkdtemp(join(tmpdir(), 'fl-async-killed-'));
    try {
      const random = generator(5, 'kill');
      let out = 0;
      for (let life = 0; life < 8; life++) {
        const lines = await live(folder, 1 + random.below(12), random.uniform() * 10);
        assert.ok(
          !lines.some((line) => line.startsWith('refused')),
          lines.find((line) => line.startsWith('refused')),
        );
        const found = Number(lines[0].replace('found ', ''));
        assert.ok(found >= out, `found ${found}, ${out} was out`);
        const versions = lines.filter((line) => line.startsWith('version ')).map((line) => Number(line.slice(8)));
        for (const [i, version] of versions.entries()) assert.ok(version >= (versions[i - 1] ?? found));
        out = Math.max(out, found, ...versions);
      }
      assert.ok(out > 4, `only ${out} versions went out`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
