/** The threshold of anomalies: from sketches of errors, and never a row. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { sampleBank } from '../../../lib/data/sample-bank';
import { type CoordinatorParts, errorSketch, federationOptions, gatewayLearner } from '../../../lib/federation';
import { createAggregation } from '../../../lib/federation/aggregation';
import { nextModel } from '../../../lib/federation/next-model';
import { defaultOptions } from '../../../lib/federation/options';
import { createStrategy } from '../../../lib/federation/strategies';
import { encodeSketch, SKETCH_ERROR, sketchBytes, sketchOf } from '../../../lib/metrics/quantile-sketch';
import type { StateRecord } from '../../../lib/state/store';
import type { TrainJob } from '../../../lib/training/engine';
import type { FederationHeader, Message, ModelHeader, UpdateHeader } from '../../../lib/update/message';
import { autoencoder } from './autoencoder';
import { type Toy, toyFederation } from './toy';

const model = autoencoder({ mean: [10], std: [2] });

/** Reconstructs 0, the mean, whatever comes: the error of x is ((x - 10) / 2)^2. */
const silent = {
  predict: async ({ count }: { count: number }) => ({ outputs: new Float32Array(count), durationMs: 0 }),
  train: async ({ weights }: TrainJob) => ({ weights, steps: 1, loss: 1, firstLoss: 1, durationMs: 1 }),
};
const bankOf = (values: number[]) => {
  const bank = sampleBank({ width: 1, targetWidth: 0, capacity: 5000, eviction: 'oldest' });
  bank.add({ features: Float32Array.from(values), targets: new Float32Array(0), count: values.length });
  return bank;
};
const rowsOf = (client: number): number[] => Array.from({ length: 400 }, (_, i) => 10 + (client + 1) * Math.sin(i));
const errorOf = (x: number): number => ((x - 10) / 2) ** 2;

interface Wish {
  rounds?: number;
  store?: CoordinatorParts['store'];
  threshold?: { quantile: number };
  silentClients?: number[];
  up?: (message: Message<FederationHeader>) => unknown;
}
async function federation({
  rounds = 2,
  threshold = { quantile: 0.9 },
  silentClients = [],
  store,
  up,
}: Wish): Promise<Toy> {
  const toy = await toyFederation({
    options: { rounds, minClients: 3, quorum: 2, deadlineMs: 1000, threshold },
    parts: { model, ...(store ? { store } : {}) },
    up,
  });
  for (let client = 0; client < 3; client++) {
    const bank = bankOf(rowsOf(client));
    const { spec } = model;
    toy
      .add(`c${client}`, {
        model,
        learner: gatewayLearner({ model, bank, train: silent.train }),
        ...(silentClients.includes(client)
          ? {}
          : { errors: (global, signal) => errorSketch({ spec, bank, predict: silent.predict }, global, signal) }),
      })
      .samplesChanged();
  }
  await toy.settle();
  return toy;
}
const models = (toy: Toy): ModelHeader[] => toy.sent.flatMap(({ fl }) => (fl.kind === 'model' ? [fl] : []));

describe('the threshold of a federation of autoencoders', () => {
  it('is the quantile of all clients together, within the error of the sketch', async () => {
    const toy = await federation({});
    const all = [0, 1, 2].flatMap(rowsOf).map((x) => errorOf(Math.fround(x)));
    const exact = all.sort((a, b) => a - b)[Math.floor(0.9 * (all.length - 1))];
    const told = models(toy);
    assert.deepEqual(told[0].threshold, { quantile: 0.9 });
    const { value = 0, samples, round } = told.at(-1)?.threshold ?? { quantile: 0 };
    assert.ok(Math.abs(value - exact) <= SKETCH_ERROR * exact * (1 + 1e-6), `${value} for ${exact}`);
    assert.deepEqual([samples, round], [1200, 2]);
    assert.equal(toy.metrics.at(-1)?.threshold?.value, value);
    await toy.close();
  });

  it('costs the bytes of the sketches, which are counted', async () => {
    const [with_, without] = [
      await federation({ rounds: 1 }),
      await federation({ rounds: 1, silentClients: [0, 1, 2] }),
    ];
    const sketches = [0, 1, 2].map((client) =>
      sketchBytes(encodeSketch(sketchOf(rowsOf(client).map((x) => errorOf(Math.fround(x)))))),
    );
    const cost = sketches.reduce((a, b) => a + b);
    assert.equal(with_.metrics[0].bytesUp - without.metrics[0].bytesUp, cost);
    // A histogram of one client: a few hundred bytes, whatever the number of its rows.
    assert.ok(cost / 3 < 1500, String(cost / 3));
    assert.equal(without.metrics[0].threshold, undefined);
    await Promise.all([with_.close(), without.close()]);
  });

  it('leaves out whom the rule has left out, and their losses too', () => {
    const strategy = createStrategy({ name: 'fedavg' }, defaultOptions.training);
    const kernels = createKernels();
    const aggregation = createAggregation({ size: 2, strategy, kernels, normal: () => 0 });
    for (const [client, loss, values] of [
      ['honest', 1, [1, 2, 3]],
      ['liar', 99, [1e6, 1e6, 1e6, 1e6]],
    ] as const) {
      const facts = {
        client,
        samples: 1,
        norm: 1,
        staleness: 0,
        metrics: { loss },
        errors: encodeSketch(sketchOf(values)),
      };
      aggregation.add('', facts, [new Float32Array(2)]);
    }
    const learned = {
      ...{ weights: new Float32Array(2), strategy: 'fedavg', strategyState: strategy.start(2) },
      ...{ settlement: new Map<string, number>(), bytesUp: 0, bytesDown: 0 },
    };
    const parts = { round: 1, strategy, kernels, threshold: { quantile: 0.9 }, rejected: new Set(['liar']) };
    const { told } = nextModel(learned, aggregation.aggregate('', 2), parts);
    assert.equal(told.threshold?.samples, 3);
    assert.ok((told.threshold?.value ?? Number.NaN) < 4);
    assert.equal(told.loss, 1);
  });

  it('is kept through a restart', async () => {
    const records = new Map<string, StateRecord>();
    const store = {
      read: async (name: string) => records.get(name),
      write: async (name: string, record: StateRecord) => {
        records.set(name, structuredClone(record));
      },
    };
    const before = await federation({ rounds: 1, store });
    await before.close();
    const after = await federation({ rounds: 2, store });
    assert.deepEqual(models(after)[0].threshold, models(before).at(-1)?.threshold);
    assert.equal(models(after)[0].threshold?.round, 1);
    await after.close();
  });

  it('is made of those who tell; a broken sketch costs its sender the round', async () => {
    const some = await federation({ silentClients: [2] });
    assert.equal(models(some).at(-1)?.threshold?.samples, 800);
    await some.close();
    const lies: unknown[] = [
      [],
      [5],
      [0, 1, 1e9],
      [0, 3000, 1],
      [0, 1, -1],
      'errors',
      [Number.NaN],
      new Array(2000).fill(1),
    ];
    for (const errors of lies) {
      const toy = await federation({
        rounds: 1,
        up(message) {
          const { fl, payload } = message;
          return fl.kind === 'update' && fl.client === 'c1'
            ? { fl: { ...fl, errors } as UpdateHeader, payload }
            : message;
        },
      });
      toy.clock.advance(1000);
      await toy.settle();
      const truth = Array.isArray(errors) && errors.length === 1 && errors[0] === 5;
      // Five zeros of 400 samples may be; the others may not.
      assert.equal(toy.metrics[0].updates, truth ? 3 : 2, JSON.stringify(errors)?.slice(0, 40));
      assert.equal(toy.metrics[0].threshold?.samples, truth ? 805 : 800);
      await toy.close();
    }
  });

  it('is not asked for when nobody wants it, and makes no sense for a classifier', async () => {
    assert.throws(() => federationOptions({ threshold: { quantile: 1 } }), { code: 'bad-setting' });
    await assert.rejects(toyFederation({ options: { threshold: { quantile: 0.9 } } }), { code: 'bad-setting' });
    const toy = await toyFederation({ clients: ['a'], options: { minClients: 1, quorum: 1, rounds: 1 } });
    toy.participants.get('a')?.samplesChanged();
    await toy.settle();
    assert.ok(models(toy).every(({ threshold }) => threshold === undefined));
    await toy.close();
  });
});
