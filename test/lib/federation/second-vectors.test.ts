/** Vectors behind the model and behind the updates: taken whole or not, coded, counted, kept over a restart. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernels } from '../../../lib/core';
import { createAggregation } from '../../../lib/federation/aggregation';
import { defaultOptions } from '../../../lib/federation/options';
import { createStrategy } from '../../../lib/federation/strategies';
import type { UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { createStore } from '../../../lib/state';
import { applyCodec } from '../../../lib/update/codecs/registry';
import type { ModelHeader, UpdateHeader } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { type Toy, toyFederation } from './toy';

const kernels = createKernels();
const facts = (client: string, samples: number, metrics: UpdateFacts['metrics'] = {}): UpdateFacts => ({
  client,
  samples,
  norm: 1,
  staleness: 0,
  metrics,
});
const sum = (a: Float32Array, b: Float32Array, factor = 1): Float32Array => a.map((x, i) => x + factor * b[i]);

const scaffold = createStrategy({ name: 'scaffold' }, defaultOptions.training);

describe('second vectors', () => {
  it('takes all vectors of an update or none', () => {
    const aggregation = createAggregation({ size: 1, strategy: scaffold, kernels, normal: () => 0 });
    const add = (client: string, dy: number, dc: number): void =>
      aggregation.add('', facts(client, 1), [Float32Array.of(dy), Float32Array.of(dc)]);
    add('a', 1, 10);
    assert.throws(() => add('b', 5, 3e38), /too large/);
    add('c', 2, 20);
    const aggregate = aggregation.aggregate('', 4);
    assert.deepEqual([aggregate.updates.length, aggregate.mean(0)[0], aggregate.mean(1)[0]], [2, 1.5, 15]);
  });

  it('are refused when a filter has changed the update: the clients remember what they sent', async () => {
    const toy = await toyFederation({
      clients: ['a', 'b'],
      options: { strategy: { name: 'scaffold' }, rounds: 1 },
      up: (message) =>
        message.fl.kind === 'update' && message.fl.client === 'a'
          ? { ...message, fl: { ...message.fl, score: { method: 'norm-clip', value: 1, rank: 1 } } }
          : message,
    });
    await toy.settle();
    assert.deepEqual(
      toy.refused.map(({ code }) => code),
      ['changed-update'],
    );
    await toy.close();
  });

  it('go both ways through a whole federation, coded and counted, and what comes of them is kept over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-second-'));
    const clients = ['a', 'b'];
    const start = async (): Promise<{ toy: Toy; model(): { fl: ModelHeader; vector: Float32Array } }> => {
      const toy = await toyFederation({
        options: { rounds: 0, minClients: 2, quorum: 2, strategy: { name: 'scaffold' } },
        parts: { store: createStore(folder) },
      });
      return {
        toy,
        model() {
          const { fl, payload } = toy.sent.findLast((message) => message.fl.kind === 'model') ?? {};
          assert.ok(fl?.kind === 'model' && payload);
          return { fl, vector: readVector(payload, payload.length / 4) };
        },
      };
    };
    const join_ = (toy: Toy): void => {
      const { fingerprint: model } = toy.coordinator.snapshot();
      for (const client of clients) {
        toy.coordinator.receive({ fl: { kind: 'join', federation: 'toy', model, round: 0, client, samples: 5 } });
      }
    };
    const answer = (toy: Toy, fl: ModelHeader, client: string, numbers: number[]): void => {
      const { federation, model, round, attempt, tensors, deadlineMs } = fl;
      const header: UpdateHeader = {
        kind: 'update',
        ...{ federation, model, round, attempt, tensors, deadlineMs },
        client,
        samples: 5,
        expected: 2,
        codecs: [],
      };
      const payload = vectorPayload(Float32Array.from(numbers));
      const coded = applyCodec({ fl: header, payload }, 'quantize', { bits: 16 });
      toy.coordinator.receive({ fl: { ...header, codecs: coded.codecs }, payload: coded.payload });
    };
    try {
      const first = await start();
      await first.toy.settle();
      join_(first.toy);
      await first.toy.settle();
      const request = first.toy.sent.findLast((message) => message.fl.kind === 'statistics-request')?.fl;
      assert.ok(request?.kind === 'statistics-request');
      const statistics = Buffer.from(Float64Array.of(2, 0, 0, 2, 2).buffer);
      for (const client of clients) {
        const { federation, model, round, attempt } = request;
        first.toy.coordinator.receive({
          fl: { kind: 'statistics', federation, model, round, attempt, client },
          payload: statistics,
        });
      }
      await first.toy.settle();
      const one = first.model();
      assert.equal(one.fl.tensors.length, 4);
      assert.deepEqual([...one.vector.subarray(3)], [0, 0, 0]);
      answer(first.toy, one.fl, 'a', [1, 0, 0, 4, 0, 8]);
      answer(first.toy, one.fl, 'b', [3, 0, 1, 0, 2, 0]);
      await first.toy.settle();
      const two = first.model();
      assert.equal(two.fl.round, 2);
      const close = (vector: Float32Array, expected: number[]): void =>
        expected.forEach((value, i) => {
          assert.ok(Math.abs(vector[i] - value) < 1e-3, `${vector} where ${expected} belongs`);
        });
      // mean dy = [2, 0, 1/2]; control = 2/2 mean dc = [2, 1, 4].
      close(sum(two.vector.slice(0, 3), one.vector, -1), [2, 0, 0.5]);
      close(two.vector.subarray(3), [2, 1, 4]);
      const [{ bytesUp, bytesDown, furtherBytesUp, furtherBytesDown, strategy }] = first.toy.metrics;
      assert.deepEqual([bytesDown, furtherBytesDown, furtherBytesUp, strategy], [48, 24, bytesUp / 2, 'scaffold']);
      assert.deepEqual(
        [one.fl.settled, two.fl.settled],
        [
          [0, 0],
          [1, 1],
        ],
      );
      await first.toy.close();

      const second = await start();
      await second.toy.settle();
      join_(second.toy);
      await second.toy.settle();
      assert.deepEqual([second.model().fl.round, [...second.model().vector]], [2, [...two.vector]]);
      await second.toy.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('that are hostile are refused, and the round is as if they had not come', async () => {
    const size = 3;
    const clients = ['a', 'b', 'c', 'liar'];
    /** The second vector, or the whole payload, of the liar becomes another. */
    const lies: [code: string, lie: (numbers: Float32Array) => Float32Array][] = [
      ['not-finite', (numbers) => numbers.fill(Number.NaN, size, size + 1)],
      ['not-finite', (numbers) => numbers.fill(Number.POSITIVE_INFINITY, size + 1, size + 2)],
      ['not-finite', (numbers) => numbers.fill(Number.NaN, 0, 1)],
      ['norm-bound', (numbers) => numbers.fill(1e30, size)],
      ['norm-bound', (numbers) => numbers.fill(-1e9, size + 2)],
      ['payload-size', (numbers) => numbers.slice(0, size)],
      ['payload-size', () => new Float32Array(2 * size + 1)],
    ];
    const options = { rounds: lies.length, minClients: 4, quorum: 3, strategy: { name: 'scaffold' } } as const;
    const run = async (up: (fl: UpdateHeader, payload: Buffer) => unknown): Promise<Toy> => {
      const toy = await toyFederation({
        clients,
        options,
        up(message) {
          const { fl, payload } = message;
          return fl.kind === 'update' && fl.client === 'liar' ? up(fl, payload) : message;
        },
      });
      for (const participant of toy.participants.values()) participant.samplesChanged();
      // What does not even fit its header is no answer: the round waits for its deadline.
      for (let waits = 0; waits <= lies.length; waits++) {
        await toy.settle();
        toy.clock.advance(60_000);
      }
      await toy.settle();
      assert.equal(toy.coordinator.snapshot().phase, 'finished');
      return toy;
    };
    const declined = await run(({ federation, model, round, attempt, client }) => ({
      fl: { kind: 'decline', ...{ federation, model, round, attempt, client }, reason: 'no' },
    }));
    const lied = await run((fl, payload) => {
      const copy = Float32Array.from(readVector(payload, payload.length / 4));
      return { fl, payload: vectorPayload(lies[fl.round - 1][1](copy)) };
    });
    assert.deepEqual(
      lied.metrics.map(({ refused }) => Object.keys(refused)[0]),
      lies.map(([code]) => code),
    );
    assert.deepEqual(lied.coordinator.snapshot().weights, declined.coordinator.snapshot().weights);
    assert.deepEqual(
      lied.metrics.map(({ updates }) => updates),
      lies.map(() => 3),
    );
    // Other tensors than the model's, and one vector alone with the header of one.
    const alone = await run((fl, payload) => ({
      fl: { ...fl, tensors: fl.tensors.slice(0, 2) },
      payload: payload.subarray(0, 4 * size),
    }));
    assert.ok(alone.metrics.every(({ refused }) => refused['wrong-tensors'] === 1));
    for (const toy of [declined, lied, alone]) await toy.close();
  });
});
