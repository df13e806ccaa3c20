import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { openInt8 } from '../../lib/core';

const root = join(__dirname, '../../..');

/** What scripts/measure-examples.mjs finds with one seed. */
function accuracies(name: string): { federated: number; alone: number; pooled: number } {
  const script = join(root, 'scripts/measure-examples.mjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, name, '--seeds', '1'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const of = (kind: string): number =>
    Number(new RegExp(`^${kind}: .*accuracy ([\\d.]+)`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  return { federated: of('federated'), alone: of('alone'), pooled: of('pooled') };
}

describe('what the drawings with boards learn', () => {
  for (const name of ['boards', 'voice']) {
    it(`${name}: together far more than alone, and about as much as with all rows in one place`, () => {
      const { federated, alone, pooled } = accuracies(name);
      // datasets/README.md: 0.908 and 0.915 over five seeds; alone 0.575 and 0.616.
      assert.ok(federated > 0.87, `together ${federated}`);
      assert.ok(federated - alone > 0.2, `alone ${alone}`);
      assert.ok(pooled - federated < 0.05, `pooled ${pooled}`);
    });
  }

  it('the shipped backbone takes a take of the shipped voices, and is small enough for a board', () => {
    const file = new Uint8Array(readFileSync(join(root, 'datasets/voice-backbone.tflite')));
    const { inputSize, outputSize, arenaBytes } = openInt8(file);
    const [header] = readFileSync(join(root, 'datasets/voices.csv'), 'utf8').split('\n', 1);
    assert.equal(inputSize, header.split(',').length - 'speaker,take,digit'.split(',').length);
    assert.equal(outputSize, 64);
    assert.ok(file.length + arenaBytes < 8192, `${file.length} + ${arenaBytes} bytes`);
  });
});
