import assert from 'node:assert/strict';
import { createFirstLosses } from '../../../lib/residual/first-losses';
import type { Found, StateRecord } from '../../../lib/state/store';
import { finerBy } from '../../../lib/update/codecs/methods';
import type { UpdateHeader } from '../../../lib/update/message';
import { example } from '../update/examples';

const header = (changes: Partial<UpdateHeader>): UpdateHeader => ({
  ...(example('update').fl as UpdateHeader),
  ...changes,
});

function diskOf(kept: Map<string, StateRecord> = new Map()) {
  return {
    kept,
    read: async (name: string): Promise<Found | undefined> => kept.get(name),
    write: async (name: string, record: StateRecord): Promise<void> => {
      kept.set(name, record);
    },
  };
}

describe('first losses', () => {
  it('are those of each client, filter and model, from the first epoch where it is told', async () => {
    const losses = createFirstLosses('q1');
    const of = (changes: Partial<UpdateHeader>) => losses.of(header(changes));
    assert.deepEqual(await of({ round: 3, metrics: { loss: 1, firstLoss: 2 } }), { first: 2, now: 2 });
    assert.deepEqual(await of({ round: 4, metrics: { loss: 0.5 } }), { first: 2, now: 0.5 });
    assert.deepEqual(await of({ round: 5, metrics: { startLoss: 0.4, firstLoss: 0.3 } }), { first: 2, now: 0.4 });
    assert.deepEqual(await of({ round: 5, client: 'other', metrics: { loss: 0.5 } }), { first: 0.5, now: 0.5 });
    assert.equal(await of({ round: 6, metrics: { loss: 0 } }), undefined);
    assert.equal(await of({ round: 6, metrics: undefined }), undefined);
    // Another model, or the federation begun anew.
    assert.deepEqual(await of({ round: 7, model: 'cd'.repeat(32), metrics: { loss: 3 } }), { first: 3, now: 3 });
    assert.deepEqual(await of({ round: 1, model: 'cd'.repeat(32), metrics: { loss: 4 } }), { first: 4, now: 4 });
  });

  it('outlive the process, are written once, and begin anew where the file is damaged', async () => {
    const disk = diskOf();
    await createFirstLosses('q1', disk).of(header({ round: 1, metrics: { loss: 2 } }));
    assert.equal(disk.kept.size, 1);
    const before = [...disk.kept.values()][0];
    const again = createFirstLosses('q1', disk);
    assert.deepEqual(await again.of(header({ round: 2, metrics: { loss: 1 } })), { first: 2, now: 1 });
    assert.equal([...disk.kept.values()][0], before);
    // Another filter of the same store knows nothing of it.
    const other = await createFirstLosses('q2', disk).of(header({ round: 2, metrics: { loss: 1 } }));
    assert.deepEqual(other, { first: 1, now: 1 });
    for (const json of [null, { model: 1 }, { model: 'x', round: 1.5, loss: 1 }, { model: 'x', round: 1, loss: -1 }]) {
      const bent = diskOf(new Map([...disk.kept.keys()].map((name) => [name, { json, parts: {} }])));
      const found = await createFirstLosses('q1', bent).of(header({ round: 2, metrics: { loss: 1 } }));
      assert.deepEqual(found, { first: 1, now: 1 });
    }
    const broken = { ...disk, read: () => Promise.reject(new Error('damaged')) };
    const found = await createFirstLosses('q1', broken).of(header({ round: 2, metrics: { loss: 1 } }));
    assert.deepEqual(found, { first: 1, now: 1 });
  });

  it('make levels finer by the root of how far the loss has fallen (AdaQuantFL), from 1 to 255', () => {
    const levels = (first: number, now: number, from?: number) => {
      const made = finerBy({ method: 'qsgd', levels: from }, { first, now });
      return made.method === 'qsgd' ? made.levels : undefined;
    };
    assert.equal(levels(4, 1, 2), 4);
    assert.equal(levels(1, 4, 2), 1);
    assert.equal(levels(1, 100, 2), 1);
    assert.equal(levels(1e9, 1e-9, 2), 255);
    assert.equal(levels(4, 1), 32);
    assert.deepEqual(finerBy({ method: 'qsgd', levels: 3 }, undefined), { method: 'qsgd', levels: 3 });
    assert.deepEqual(finerBy({ bits: 3 }, { first: 4, now: 1 }), { bits: 3 });
  });
});
