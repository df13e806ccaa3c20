import assert from 'node:assert/strict';
import { encodeCheckpoint, keptRound, type Learned } from '../../../lib/federation/checkpoint';
import { createKeeper } from '../../../lib/federation/keeper';
import { firstState } from '../../../lib/federation/round-state';
import { nothingSettled } from '../../../lib/federation/settlement';
import type { CentralState } from '../../../lib/privacy/central';
import type { StateRecord } from '../../../lib/state/store';
import { toyModel } from './toy';

const model = toyModel();
const central: CentralState = {
  clippingNorm: 0.5,
  tree: { begun: 3, levels: 4, clippingNorm: 1, noiseMultiplier: 2, nodes: [{ level: 0, seed: '5a'.repeat(32) }] },
};
const learned: Learned = {
  weights: Float32Array.of(1, 2, 3),
  strategy: 'fedavg',
  strategyState: { numbers: {}, vectors: {} },
  settlement: nothingSettled,
  bytesUp: 0,
  bytesDown: 0,
  central,
};

describe('what is kept of central privacy', () => {
  const readBack = async (fallback?: string): Promise<{ central?: CentralState; said: string[] }> => {
    const said: string[] = [];
    // As it comes back from a disk.
    const { json, parts } = encodeCheckpoint(model.fingerprint, keptRound(firstState(false)), learned);
    const record: StateRecord = { json: JSON.parse(JSON.stringify(json)), parts };
    const store = { read: async () => ({ ...record, ...(fallback ? { fallback } : {}) }), write: async () => {} };
    const keeper = createKeeper({ federation: 'f', model, store, say: (code) => said.push(code) });
    return { central: (await keeper.read())?.learned.central, said };
  };

  it('is C, and the tree with its secrets', async () => {
    assert.deepEqual((await readBack()).central, central);
  });

  it('is no tree when the newest file was damaged: the round that it held may have gone out, with noise that would be used again', async () => {
    const { central: found, said } = await readBack('The newest file could not be read.');
    assert.deepEqual(found, { clippingNorm: 0.5 });
    assert.ok(said.includes('state-fallback'));
  });
});
