/** What a filter keeps under kill -9: every update that leaves is the one that would have left without. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { lifeOf } from '../killed-process';
import { pass } from './remembering-process';

describe('residuals under kill -9', () => {
  it('are those of the last update that left: one that was made and did not leave is made again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fl-residual-kill-'));
    const random = generator(7, 'kills');
    const told = new Map<number, string>();
    let settled = 0;
    for (let life = 0; life < 12; life++) {
      const said = await lifeOf(
        join(__dirname, 'remembering-process.js'),
        [folder, String(settled + 1), String(settled)],
        {
          rounds: 1 + random.below(4),
          ms: random.below(30),
        },
      );
      for (const line of said('round')) {
        const [round, payload] = line.split(' ');
        told.set(Number(round), payload);
        settled = Number(round);
      }
    }
    assert.ok(told.size >= 12, `${told.size}`);
    const expected = new Map<number, string>();
    await pass(undefined, { from: 1, to: Math.max(...told.keys()), settled: 0 }, (round, payload) => {
      expected.set(round, payload.toString('base64'));
    });
    assert.deepEqual(told, expected);
    rmSync(folder, { recursive: true, force: true });
  });
});
