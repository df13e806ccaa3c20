import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/lib/node-red-process';

const run = (...args: string[]) => {
  const demo = spawnSync(process.execPath, [join(repositoryRoot, 'scripts/demo.mjs'), ...args], { encoding: 'utf8' });
  assert.equal(demo.status, 0, demo.stderr);
  return demo.stdout;
};

describe('npm run demo', function () {
  this.timeout(180_000);

  it('tells each round as one line of JSON, and the same bits for the same seed', () => {
    const first = run('--json', '--rounds', '3', '--seed', '5');
    const second = run('--json', '--rounds', '3', '--seed', '5');
    assert.equal(second, first);

    const lines = first
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map((line) => line.round),
      [1, 2, 3, undefined],
    );
    for (const line of lines.slice(0, 3)) {
      assert.deepEqual(Object.keys(line), ['round', 'loss', 'f1', 'averagePrecision', 'bytes']);
      for (const value of Object.values(line)) assert.ok(Number.isFinite(value));
    }
    const last = lines[3] as { final: object; alone: object; bytes: { up: number; down: number } };
    assert.deepEqual(Object.keys(last), ['final', 'alone', 'bytes']);
    assert.deepEqual(Object.keys(last.final), ['f1', 'averagePrecision', 'accuracy']);
    assert.deepEqual(Object.keys(last.alone), ['f1', 'averagePrecision']);
    // 28 inputs, 20 hidden units, 2 outputs: 622 numbers in 4 tensors. Down to each of ten plants: four bytes a number.
    // Up: one byte a number and a scale of four bytes a tensor; and once the count, sums and squares of the 28 inputs.
    const bytes = lines.slice(0, 3).reduce((sum, line) => sum + Number(line.bytes), 0);
    assert.equal(bytes, 3 * 10 * (622 * 4 + 622 + 4 * 4));
    assert.deepEqual(last.bytes, { up: 3 * 10 * (622 + 4 * 4) + 10 * 57 * 8, down: 3 * 10 * 622 * 4 });
  });

  it('gives other figures for another seed', () => {
    assert.notEqual(run('--json', '--rounds', '1', '--seed', '5'), run('--json', '--rounds', '1', '--seed', '6'));
  });
});
