/** Clients with different minima: where each strategy comes to rest is known in closed form. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import type { FederationOptions } from '../../../lib/federation';
import { createAggregation } from '../../../lib/federation/aggregation';
import { type LocalMemory, localMemory } from '../../../lib/federation/local/memory';
import { type ScheduleOptions, trainingAt } from '../../../lib/federation/schedule';
import { createStrategy } from '../../../lib/federation/strategies';
import type { TrainingOptions } from '../../../lib/training/engine';
import { descend, optimumOf, type Quadratic, quadraticLearner, runQuadratics } from './quadratic';
import { toyFederation } from './toy';

const clients: Quadratic[] = [
  { a: [1, 2, 0.5], b: [4, -1, 2], samples: 10 },
  { a: [3, 0.5, 1], b: [-2, 3, 0], samples: 30 },
  { a: [0.5, 1, 2], b: [1, 1, -3], samples: 20 },
  { a: [2, 1.5, 1], b: [0, -4, 1], samples: 40 },
];
const bySamples = ({ samples }: Quadratic): number => samples;
const alike = (): number => 1;
const training: TrainingOptions = { epochs: 10, batchSize: 100, optimizer: 'sgd', learningRate: 0.1, seed: 1 };

const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.hypot(...b.map((value, j) => a[j] - value));
const lands = (found: ArrayLike<number>, expected: readonly number[], within = 1e-4): void =>
  assert.ok(distance(found, expected) <= within, `${[...Array.from(found)]} where ${expected} belongs`);

const run = async (wish: Partial<FederationOptions>, of = clients): Promise<number[]> =>
  (await runQuadratics(of, { rounds: 120, training, ...wish })).weights;

/** Rest of sum weight_k reach_k (b_k - w) = 0, where a client goes reach_k of the way to its minimum in each round. */
const restOf = (
  weight: (client: Quadratic) => number,
  reach: (curvature: number, client: Quadratic) => number,
  of = clients,
): number[] =>
  clients[0].a.map((_, j) => {
    const pull = of.map((client) => weight(client) * reach(client.a[j], client));
    return pull.reduce((sum, one, k) => sum + one * of[k].b[j], 0) / pull.reduce((sum, one) => sum + one, 0);
  });

describe('clients with different minima', () => {
  const optimum = optimumOf(clients, bySamples);
  const fairOptimum = optimumOf(clients, alike);

  it('FedSGD lands on the optimum', async () => {
    lands(await run({ strategy: { name: 'fedsgd' }, rounds: 300 }), optimum);
  });

  it('FedAvg with several local steps lands on its own fixed point, and not on the optimum', async () => {
    // After K steps a client is 1 - (1 - lr a)^K of the way to its minimum.
    const rest = restOf(bySamples, (a) => 1 - (1 - 0.1 * a) ** 10);
    lands(await run({}), rest);
    assert.ok(distance(rest, optimum) > 0.2, `${distance(rest, optimum)}`);
  });

  it('FedProx lands on its own fixed point, which is nearer to the optimum', async () => {
    // The terms' minimum is a / (a + mu) of the way from the model to b; each step brings it nearer by 1 - lr (a + mu).
    const mu = 3;
    const rest = restOf(bySamples, (a) => (1 - (1 - 0.1 * (a + mu)) ** 10) * (a / (a + mu)));
    lands(await run({ strategy: { name: 'fedprox', mu } }), rest);
    // The same term under another name.
    lands(await run({ training: { ...training, proximal: mu } }), rest);
    const plain = restOf(bySamples, (a) => 1 - (1 - 0.1 * a) ** 10);
    assert.ok(distance(rest, optimum) < 0.6 * distance(plain, optimum));
  });

  for (const option of [1, 2] as const) {
    it(`SCAFFOLD, option ${option}, lands on the optimum, with all clients and with some of them`, async () => {
      const strategy = { name: 'scaffold', option } as const;
      lands(await run({ strategy }), fairOptimum);
      lands(await run({ strategy, rounds: 500, sampler: { name: 'random', count: 2 } }), fairOptimum);
    });
  }

  it('SCAFFOLD with unlike steps lands on the optimum too', async () => {
    const unlike = clients.map((client, k) => ({ ...client, steps: 2 + 5 * k }));
    lands(await run({ strategy: { name: 'scaffold' }, rounds: 300 }, unlike), fairOptimum);
  });

  it('FedDyn lands on the optimum, with all clients and with some of them', async () => {
    const strategy = { name: 'feddyn', alpha: 1 } as const;
    lands(await run({ strategy, rounds: 300 }), fairOptimum);
    lands(await run({ strategy, rounds: 600, sampler: { name: 'random', count: 2 } }), fairOptimum);
  });

  for (const strategy of [{ name: 'scaffold' }, { name: 'feddyn', alpha: 1 }] as const) {
    it(`${strategy.name} lands on the optimum though a client has lost what it kept on the way`, async () => {
      const toy = await toyFederation({ options: { rounds: 300, minClients: 4, quorum: 2, training, strategy } });
      clients.forEach((client, k) => {
        const before = localMemory('before');
        const after = localMemory('after');
        let lost = false;
        // Another device under the same name: from round 21 on of what round 20 left nothing is known.
        const memory: LocalMemory = {
          recall(key, settled) {
            lost ||= k === 1 && settled >= 20;
            return (lost ? after : before).recall(key, settled);
          },
          remember: (key, kept) => (lost ? after : before).remember(key, kept),
        };
        toy.add(`client-${k}`, { learner: quadraticLearner(client), memory }).samplesChanged();
      });
      await toy.settle();
      const { weights, phase } = toy.coordinator.snapshot();
      await toy.close();
      assert.equal(phase, 'finished');
      assert.deepEqual(
        toy.refused.map(({ code }) => code),
        ['local-state-lost'],
      );
      lands(weights, fairOptimum);
    });
  }

  it('a client that loses what it kept again and again does not keep the others of scaffold at zeros', async () => {
    const toy = await toyFederation({
      options: { rounds: 70, minClients: 4, quorum: 2, training, strategy: { name: 'scaffold' } },
    });
    clients.forEach((client, k) => {
      const sound = localMemory('sound');
      const forgetful: LocalMemory = {
        recall: async ({ size }, settled) => (settled === 0 ? new Float32Array(size) : undefined),
        remember: async () => {},
      };
      const memory = k === 1 ? forgetful : sound;
      toy.add(`client-${k}`, { learner: quadraticLearner(client), memory }).samplesChanged();
    });
    await toy.settle();
    await toy.close();
    const losses = toy.metrics.filter(({ lost }) => lost);
    assert.deepEqual(
      losses.map(({ round, lost }) => [round, lost]),
      [2, 22, 42, 62].map((round) => [round, ['client-1']]),
    );
    assert.equal(toy.metrics.filter((told) => told.void === undefined).length, 70);
    // In between the others go on, and its updates are refused.
    assert.deepEqual(
      toy.metrics.slice(2, 21).map(({ updates }) => updates),
      Array.from({ length: 19 }, (_, i) => (i === 0 ? 4 : 3)),
    );
  });

  it('q-FedAvg with q = 0 is the uniform mean, and with a greater q the worst client fares better', async () => {
    const rest = restOf(alike, (a) => 1 - (1 - 0.1 * a) ** 10);
    lands(await run({ strategy: { name: 'qfedavg', q: 0 } }), rest);
    const worst = (w: number[]): number =>
      Math.max(...clients.map(({ a, b }) => a.reduce((sum, one, j) => sum + (one / 2) * (w[j] - b[j]) ** 2, 0)));
    const [fair, fairer] = [
      await run({ strategy: { name: 'qfedavg', q: 1 }, rounds: 600 }),
      await run({ strategy: { name: 'qfedavg', q: 5 }, rounds: 3000 }),
    ];
    assert.ok(
      worst(fairer) < worst(fair) && worst(fair) < worst(rest),
      `${worst(fairer)} ${worst(fair)} ${worst(rest)}`,
    );
  });

  describe('FedNova, with unlike steps', () => {
    const unlike = clients.map((client, k) => ({ ...client, steps: [1, 12, 3, 7][k] }));
    const claimed: TrainingOptions = { ...training, epochs: 12 };
    const schedule: ScheduleOptions = { name: 'inverse', decay: 0.5 };

    it('lands where its formula says, much nearer to the optimum than FedAvg', async () => {
      const rate = 0.02;
      const options = { training: { ...claimed, learningRate: rate }, rounds: 800 };
      const reach = (a: number, { steps = 1 }: Quadratic): number => 1 - (1 - rate * a) ** steps;
      const rest = restOf(bySamples, (a, client) => reach(a, client) / (client.steps ?? 1), unlike);
      lands(await run({ strategy: { name: 'fednova' }, ...options }, unlike), rest);
      const plain = restOf(bySamples, reach, unlike);
      lands(await run(options, unlike), plain);
      assert.ok(distance(rest, optimum) < 0.3 * distance(plain, optimum));
    });

    it('lands on the optimum from a usual rate that falls over the rounds, where FedAvg does not', () => {
      // The optimum is put at 0, where float32 tells the smallest differences; the strategy alone, as rounds are many: what
      // is between its rest and the optimum falls as the rate does, and no faster.
      const moved = unlike.map((client) => ({ ...client, b: client.b.map((value, j) => value - optimum[j]) }));
      const kernels = createKernels();
      for (const name of ['fednova', 'fedavg'] as const) {
        let model = Float32Array.of(1, 1, 1);
        const strategy = createStrategy({ name }, claimed);
        const aggregation = createAggregation({ size: 3, strategy, kernels, normal: () => 0 });
        for (let round = 1; round <= 40_000; round++) {
          const options = trainingAt({ training: claimed, schedule }, round);
          moved.forEach((client, k) => {
            const w = descend(client, client.steps, model, options);
            const facts = { client: `${k}`, samples: client.samples, norm: 1, staleness: 0 };
            const change = Float32Array.from(w, (value, j) => value - model[j]);
            aggregation.add('', { ...facts, metrics: { steps: client.steps } }, [change]);
          });
          model = Float32Array.from(
            strategy.apply(strategy.start(3), model, aggregation.aggregate('', moved.length)).model,
          );
          aggregation.clear();
        }
        if (name === 'fednova') lands(model, [0, 0, 0]);
        else assert.ok(distance(model, [0, 0, 0]) > 0.5, `${model}`);
      }
    });

    it('a whole federation is a hundred times nearer with it than with the rate that stays', async () => {
      const options = { strategy: { name: 'fednova' }, training: claimed, rounds: 600 } as const;
      const stays = distance(await run(options, unlike), optimum);
      const falls = distance(await run({ ...options, schedule }, unlike), optimum);
      assert.ok(falls < 0.01 * stays, `${falls} ${stays}`);
    });
  });
});
