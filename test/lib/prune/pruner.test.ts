/** Models and updates on their way through a pruner, over rounds, restarts and a new beginning; and a whole federation. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernels } from '../../../lib/core';
import { createPruner, type PrunerParts, sparsityAt } from '../../../lib/prune';
import { createStore } from '../../../lib/state';
import { decodeAll } from '../../../lib/update/codecs/registry';
import type { Message, ModelHeader, UpdateHeader } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { toyFederation, toyModel } from '../federation/toy';
import { refusedLater } from '../update/refused';

const kernels = createKernels();
const toy = toyModel();
const { layout, fingerprint } = toy;
/** Two weights and a bias: half of the kernel is one weight. */
const parts: PrunerParts = {
  model: toy,
  schedule: { sparsity: 0.5, begin: 2, end: 2, every: 1 },
  options: { method: 'magnitude', per: 'layer' },
  kernels,
  name: 'p',
};
const tensors = layout.tensors.map(({ size, channels }): [number, number] => [size, channels]);

const model = (numbers: number[], header: Partial<ModelHeader> = {}): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    federation: 'f',
    model: fingerprint,
    round: 2,
    attempt: 'run.1',
    cohort: ['a'],
    deadlineMs: 1000,
    quorum: 1,
    training: { epochs: 1, batchSize: 16, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
    tensors,
    codecs: [],
    ...header,
  },
  payload: vectorPayload(Float32Array.from(numbers)),
});
const update = (numbers: number[], header: Partial<UpdateHeader> = {}): Message<UpdateHeader> => ({
  fl: {
    kind: 'update',
    ...{ federation: 'f', model: fingerprint, round: 2, attempt: 'run.1', client: 'a', samples: 1 },
    ...{ expected: 1, deadlineMs: 1000, tensors, codecs: [] },
    ...header,
  },
  payload: vectorPayload(Float32Array.from(numbers)),
});
const numbersOf = ({ payload }: Message): number[] => [...readVector(payload, 3)];
const read = ({ fl, payload }: Message<UpdateHeader>): number[] => [...decodeAll(payload, fl.codecs, tensors)];

describe('a pruner', () => {
  it('gives clients zeros, and has their updates take the number of the aggregator there; then nothing is sent of it', async () => {
    const pruner = createPruner(parts);
    const whole = await pruner.model(model([3, -1, 0.5], { round: 1 }));
    assert.deepEqual([numbersOf(whole.message), whole.pruned], [[3, -1, 0.5], 0]);
    const same = update([1, 1, 1], { round: 1 });
    assert.deepEqual((await pruner.update(same)).message, same);
    const one = await pruner.model(model([3, -1, 0.5], { attempt: 'run.2' }));
    assert.deepEqual([numbersOf(one.message), one.pruned], [[3, 0, 0.5], 1]);
    const out = await pruner.update(update([0.25, 7, 0.5], { attempt: 'run.2' }));
    assert.deepEqual(read(out.message), [0.25, 1, 0.5]);
    await pruner.model(model([3.25, 0, 1], { round: 3, attempt: 'run.3' }));
    const next = await pruner.update(update([0.125, 7, 0.5], { round: 3, attempt: 'run.3' }));
    assert.deepEqual(read(next.message), [0.125, 0, 0.5]);
    // Two numbers, and one byte that says which.
    assert.equal(next.message.payload.length, 9);
    // A rest that does not matter, as fewer bits leave it, is not chased; one that does is.
    for (const [rest, expected] of [
      [0.01, 0],
      [0.1, Math.fround(-0.1)],
    ]) {
      const attempt = `run.${rest * 1000}`;
      await pruner.model(model([3.25, rest, 1], { round: 3, attempt }));
      assert.deepEqual(
        read((await pruner.update(update([0.125, 7, 0.5], { round: 3, attempt }))).message)[1],
        expected,
      );
    }
    // A late one of the round before is still against the model of that round.
    assert.deepEqual(read((await pruner.update(update([1, 7, 1]))).message), [1, 1, 1]);
  });

  it('keeps the mask though weights change their order, also over a restart, and begins anew with the federation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-prune-'));
    try {
      const start = () => createPruner({ ...parts, store: createStore(folder) });
      const first = start();
      await first.model(model([3, -1, 0.5]));
      for (const pruner of [first, start()]) {
        const out = await pruner.model(model([0.5, 9, 1], { round: 4, attempt: 'run.5' }));
        assert.deepEqual(numbersOf(out.message), [0.5, 0, 1]);
      }
      // After a restart an update comes before any model: what is pruned is dropped.
      assert.deepEqual(read((await start().update(update([1, 2, 3], { round: 4 }))).message), [1, 0, 3]);
      const again = start();
      await again.model(model([0.5, 9, 1], { round: 4, attempt: 'run.6' }));
      // Held up on its way: of the round before, by the same life.
      const late = await again.model(model([5, 6, 7], { round: 1, attempt: 'run.1' }));
      assert.deepEqual(numbersOf(late.message), [5, 0, 7]);
      const fresh = await again.model(model([1, 2, 3], { round: 1, attempt: 'run.7' }));
      assert.deepEqual(numbersOf(fresh.message), [1, 2, 3]);
      const other = await start().model(model([1, 2, 3], { round: 2, attempt: 'other.1' }));
      assert.deepEqual(numbersOf(other.message), [0, 2, 3]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('keeps federations apart, lets personal models pass, and refuses what it cannot prune', async () => {
    const pruner = createPruner(parts);
    await pruner.model(model([3, -1, 0.5]));
    const other = await pruner.model(model([1, -3, 0.5], { federation: 'g' }));
    assert.deepEqual(numbersOf(other.message), [0, -3, 0.5]);
    const own = model([3, -1, 0.5], { personal: 'a' });
    assert.deepEqual((await pruner.model(own)).message, own);
    await refusedLater('fingerprint', () => pruner.model(model([1, 2, 3], { model: 'ab'.repeat(32) })));
    await refusedLater('prune-strategy', () => pruner.model(model([1, 2, 3], { local: { name: 'feddyn', alpha: 1 } })));
    await refusedLater('prune-strategy', () => pruner.model(model([1, 2, 3], { group: 0 })));
    await refusedLater('not-finite', () => pruner.model(model([1, Number.NaN, 3], { round: 3 })));
    await refusedLater('payload-size', () => pruner.model(model([1, 2])));
    await refusedLater('not-finite', () => pruner.update(update([1, Number.POSITIVE_INFINITY, 3])));
    const coded = { name: 'quantize', bits: 8, grid: 'symmetric', per: 'tensor', rounding: 'nearest' };
    await refusedLater('codec-order', () => pruner.update(update([1, 2, 3], { codecs: [coded] })));
    await refusedLater('codec-order', () => pruner.update(update([1, 2, 3], { codecs: [{ name: 'layers' }] })));
    // What was refused has changed nothing.
    assert.deepEqual(numbersOf((await pruner.model(model([3, -1, 0.5]))).message), [3, 0, 0.5]);
  });

  it('in a federation the model of the aggregator itself becomes exactly zero there, and the rest goes on learning', async () => {
    const schedule = { sparsity: 0.5, begin: 3, end: 3, every: 1 };
    const pruner = createPruner({ ...parts, schedule });
    const clients = ['a', 'b', 'c'];
    const seen: { round: number; numbers: number[] }[] = [];
    const wire = await toyFederation({
      clients: [],
      options: { rounds: 8, minClients: 3, quorum: 3 },
      up(message, deliver) {
        if (message.fl.kind !== 'update') return message;
        pruner.update(message as Message<UpdateHeader>).then(({ message: out }) => deliver(out));
        return undefined;
      },
    });
    for (const client of clients) {
      const participant = wire.add(client);
      const { receive } = participant;
      participant.receive = (message) => {
        const { fl } = message as Message;
        if (fl.kind !== 'model') return receive(message);
        if (client === 'a') seen.push({ round: fl.round, numbers: numbersOf(message as Message) });
        pruner.model(message as Message<ModelHeader>).then(({ message: out }) => receive(out));
        return undefined;
      };
    }
    for (const participant of wire.participants.values()) participant.samplesChanged();
    await wire.settle();
    assert.deepEqual(wire.refused, []);
    assert.equal(wire.metrics.length, 8);
    for (const { round, numbers } of seen) {
      const zeros = numbers.slice(0, 2).filter((value) => value === 0).length;
      assert.equal(zeros, round <= 3 ? 0 : 1, `round ${round}`);
      assert.equal(sparsityAt(round, schedule), round < 3 ? 0 : 0.5);
    }
    const bytes = wire.metrics.map(({ bytesUp }) => bytesUp);
    // All three numbers with their mask in the round of the pruning, two of them behind it.
    assert.deepEqual(bytes, [36, 36, 39, 27, 27, 27, 27, 27]);
    const losses = wire.metrics.map(({ loss }) => loss ?? Number.NaN);
    assert.ok(losses[7] < losses[3]);
    await wire.close();
  });
});
