/** Algorithms that are still to come, written against the seam for strategies: does it hold what they need? */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernels } from '../../../lib/core';
import { createAggregation } from '../../../lib/federation/aggregation';
import { defaultOptions } from '../../../lib/federation/options';
import { createStrategy } from '../../../lib/federation/strategies';
import type { Strategy, StrategyState, UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { generator } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state';
import { applyCodec } from '../../../lib/update/codecs/registry';
import type { ModelHeader, UpdateHeader } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { type Toy, toyFederation } from './toy';

const kernels = createKernels();
const fedavg = createStrategy({ name: 'fedavg' }, defaultOptions.training);
const facts = (client: string, samples: number, metrics: UpdateFacts['metrics'] = {}): UpdateFacts => ({
  client,
  samples,
  norm: 1,
  staleness: 0,
  metrics,
});
const sum = (a: Float32Array, b: Float32Array, factor = 1): Float32Array => a.map((x, i) => x + factor * b[i]);

/** v = beta v + (w - mean); w -= v (arXiv 1909.06335). */
const momentum: Strategy = {
  ...fedavg,
  name: 'momentum',
  start: (size) => ({ numbers: { beta: 0.9 }, vectors: { velocity: new Float32Array(size) } }),
  apply: ({ numbers, vectors }, global, aggregate) => {
    const velocity = sum(aggregate.mean(), vectors.velocity, -numbers.beta).map((x) => -x);
    return { state: { numbers, vectors: { velocity } }, model: sum(global, velocity, -1) };
  },
};

/** w += (sum p a) sum p d / a with a local steps (arXiv 2007.07481). */
const nova: Strategy = {
  ...fedavg,
  name: 'nova',
  uniformMean: false,
  weigh: ({ samples, metrics }) => samples / (metrics.steps ?? 1),
  apply: (state, global, aggregate) => {
    const samples = aggregate.updates.reduce((total, update) => total + update.samples, 0);
    const steps = aggregate.updates.reduce(
      (total, { samples: n, metrics }) => total + (n / samples) * (metrics.steps ?? 1),
      0,
    );
    return { state, model: sum(global, aggregate.mean(0, samples), steps) };
  },
};

/** w += mean dy, c += |S| / N mean dc; c goes out behind w, dc comes back behind dy (arXiv 1910.06378). */
const scaffold = (clients: number): Strategy => ({
  name: 'scaffold',
  needs: 'fold',
  vectorsPerUpdate: 2,
  uniformMean: true,
  start: (size) => ({ numbers: {}, vectors: { control: new Float32Array(size) } }),
  weigh: () => 1,
  broadcast: ({ vectors }) => [vectors.control],
  apply: ({ numbers, vectors }, global, aggregate) => ({
    model: sum(global, aggregate.mean(0)),
    state: {
      numbers,
      vectors: { control: sum(vectors.control, aggregate.mean(1), aggregate.updates.length / clients) },
    },
  }),
});

describe('the seam for strategies', () => {
  it('carries FedAvgM: a vector that is remembered', () => {
    // Derived with numpy: x0 = 0, the mean of the local models is 7/3 in each round, rate 1, momentum 0.9.
    const expected = [2.3333333333333335, 4.433333333333334, 4.223333333333334, 2.1443333333333334];
    let state: StrategyState = momentum.start(1);
    let model = Float32Array.of(0);
    for (const value of expected) {
      const aggregation = createAggregation({ size: 1, strategy: momentum, kernels, normal: () => 0 });
      aggregation.add('', facts('a', 3), [Float32Array.of(7 / 3 - model[0])]);
      const before = structuredClone(state);
      const next = momentum.apply(state, model, aggregation.aggregate('', 4));
      assert.deepEqual(state, before);
      ({ state, model } = next as { state: StrategyState; model: Float32Array<ArrayBuffer> });
      assert.ok(Math.abs(model[0] - value) < 2e-6, `${model[0]} where ${value} belongs`);
    }
  });

  it('carries FedNova: weights by what each client did, and a divisor of its own', () => {
    const random = generator(3, 'nova');
    const updates = Array.from({ length: 6 }, (_, i) => ({
      samples: 10 + 13 * i,
      steps: 1 + ((i * 5) % 7),
      vector: Float32Array.from({ length: 4 }, () => random.normal()),
    }));
    const aggregation = createAggregation({ size: 4, strategy: nova, kernels, normal: () => 0 });
    updates.forEach(({ samples, steps, vector }, i) => {
      aggregation.add('', facts(`c${i}`, samples, { steps }), [vector]);
    });
    const { model } = nova.apply(nova.start(4), new Float32Array(4), aggregation.aggregate('', 4));
    const total = updates.reduce((all, { samples }) => all + samples, 0);
    const effective = updates.reduce((all, { samples, steps }) => all + (samples / total) * steps, 0);
    for (let j = 0; j < 4; j++) {
      const direction = updates.reduce(
        (all, { samples, steps, vector }) => all + ((samples / total) * vector[j]) / steps,
        0,
      );
      assert.ok(Math.abs(model[j] - effective * direction) < 1e-6);
    }
  });

  it('takes all vectors of an update or none', () => {
    const aggregation = createAggregation({ size: 1, strategy: scaffold(2), kernels, normal: () => 0 });
    const add = (client: string, dy: number, dc: number): void =>
      aggregation.add('', facts(client, 1), [Float32Array.of(dy), Float32Array.of(dc)]);
    add('a', 1, 10);
    assert.throws(() => add('b', 5, 3e38), /too large/);
    add('c', 2, 20);
    const aggregate = aggregation.aggregate('', 4);
    assert.deepEqual([aggregate.updates.length, aggregate.mean(0)[0], aggregate.mean(1)[0]], [2, 1.5, 15]);
  });

  it('carries SCAFFOLD through a whole federation: second vectors both ways, coded, counted, kept over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-seam-'));
    const clients = ['a', 'b'];
    const start = async (): Promise<{ toy: Toy; model(): { fl: ModelHeader; vector: Float32Array } }> => {
      const toy = await toyFederation({
        options: { rounds: 0, minClients: 2, quorum: 2 },
        parts: { strategy: scaffold(4), store: createStore(folder) },
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
      // mean dy = [2, 0, 1/2]; control = 2/4 mean dc = [1, 1/2, 2].
      close(sum(two.vector.slice(0, 3), one.vector, -1), [2, 0, 0.5]);
      close(two.vector.subarray(3), [1, 0.5, 2]);
      assert.equal(first.toy.metrics[0].bytesDown, 2 * 6 * 4);
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
});
