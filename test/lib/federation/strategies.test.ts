/** Each strategy against the formulae of its paper, once more in float64. */
import assert from 'node:assert/strict';
import { createAggregation } from '../../../lib/federation/aggregation';
import { createStrategy, strategyNames } from '../../../lib/federation/strategies';
import type { StrategyOptions } from '../../../lib/federation/strategies/options';
import type { UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { generator } from '../../../lib/random/generator';
import type { TrainingOptions } from '../../../lib/training/engine';
import { kernels, near, plain, round } from './one-round';

describe('strategies, against float64', () => {
  const size = 40;
  const random = generator(5, 'strategies');
  const normal = (scale = 1): number[] => Array.from({ length: size }, () => Math.fround(scale * random.normal()));
  /** Three rounds of five clients with all that a strategy may want. */
  const history = Array.from({ length: 3 }, () =>
    Array.from({ length: 5 }, (_, k) => ({
      change: normal(0.1),
      second: normal(0.3),
      samples: 11 + 17 * k,
      metrics: { steps: 1 + k, startLoss: 0.2 + random.uniform() * 3 },
    })),
  );
  const start = normal();
  const N = 8;

  type Round = (typeof history)[number];
  const sum = <T>(updates: readonly T[], of: (update: T, k: number) => number): number =>
    updates.reduce<number>((all, update, k) => all + of(update, k), 0);
  const weighted = (updates: Round, j: number): number =>
    sum(updates, ({ samples, change }) => samples * change[j]) / sum(updates, ({ samples }) => samples);
  const uniform = (updates: Round, j: number, of: 'change' | 'second' = 'change'): number =>
    sum(updates, (update) => update[of][j]) / updates.length;
  const square = (change: number[]): number => change.reduce((all, one) => all + one * one, 0);

  /** What the model's number j becomes in each round; `memory` is the strategy's own. */
  type Reference = (w: number, j: number, updates: Round, memory: Record<string, number>) => number;
  const adaptive =
    (next: (v: number, d2: number) => number, tau: number, beta1: number, eta: number): Reference =>
    (w, j, updates, memory) => {
      const d = weighted(updates, j);
      memory.m = beta1 * (memory.m ?? 0) + (1 - beta1) * d;
      memory.v = next(memory.v ?? tau * tau, d * d);
      return w + (eta * memory.m) / (Math.sqrt(memory.v) + tau);
    };
  const yogi: Extract<StrategyOptions, { name: 'fedyogi' }> = {
    ...{ name: 'fedyogi', beta1: 0.8, beta2: 0.9, tau: 0.05, serverLearningRate: 0.3 },
  };
  const references: [StrategyOptions, Reference, Partial<TrainingOptions>?][] = [
    [{ name: 'fedavg' }, (w, j, updates) => w + weighted(updates, j)],
    [{ name: 'fedsgd' }, (w, j, updates) => w + weighted(updates, j)],
    [{ name: 'fedprox', mu: 0.5 }, (w, j, updates) => w + weighted(updates, j)],
    [
      { name: 'fedavgm', beta: 0.7, serverLearningRate: 0.5 },
      (w, j, updates, memory) => {
        memory.v = 0.7 * (memory.v ?? 0) + weighted(updates, j);
        return w + 0.5 * memory.v;
      },
    ],
    [{ name: 'fedadagrad', tau: 0.1, serverLearningRate: 0.2 }, adaptive((v, d2) => v + d2, 0.1, 0, 0.2)],
    [
      { name: 'fedadam', beta1: 0.9, beta2: 0.95, tau: 0.01, serverLearningRate: 0.1 },
      adaptive((v, d2) => 0.95 * v + 0.05 * d2, 0.01, 0.9, 0.1),
    ],
    [yogi, adaptive((v, d2) => (v > d2 ? v - 0.1 * d2 : v + 0.1 * d2), 0.05, 0.8, 0.3)],
    [{ name: 'scaffold', serverLearningRate: 0.9 }, (w, j, updates) => w + 0.9 * uniform(updates, j)],
    [
      { name: 'feddyn', alpha: 0.5 },
      (w, j, updates, memory) => {
        memory.h = (memory.h ?? 0) - (0.5 / N) * sum(updates, ({ change }) => change[j]);
        return w + uniform(updates, j) - memory.h / 0.5;
      },
    ],
    [
      { name: 'qfedavg', q: 0.5 },
      (w, j, updates) => {
        const L = 1 / plain.learningRate;
        const delta = sum(updates, ({ metrics, change }) => metrics.startLoss ** 0.5 * -L * change[j]);
        const h = sum(
          updates,
          ({ metrics: { startLoss: F }, change }) => 0.5 * F ** -0.5 * L * L * square(change) + L * F ** 0.5,
        );
        return w - delta / h;
      },
    ],
    [
      { name: 'fednova' },
      (w, j, updates) => {
        const n = sum(updates, ({ samples }) => samples);
        const effective = sum(updates, ({ samples, metrics }) => (samples / n) * metrics.steps);
        return (
          w + effective * sum(updates, ({ samples, metrics, change }) => ((samples / n) * change[j]) / metrics.steps)
        );
      },
      { epochs: 20 },
    ],
  ];

  it('all are looked at', () => {
    const ofOneModel = strategyNames.filter((name) => !createStrategy({ name }, plain).groups);
    assert.deepEqual(references.map(([{ name }]) => name).sort(), ofOneModel.sort());
  });

  for (const [options, reference, change] of references) {
    it(`${options.name}: three rounds of five of eight clients`, () => {
      const strategy = createStrategy(options, { ...plain, ...change });
      const memories = Array.from({ length: size }, (): Record<string, number> => ({}));
      let state = strategy.start(size);
      let model = Float32Array.from(start);
      let expected = [...start];
      for (const updates of history) {
        const given = updates.map(({ second, ...update }) =>
          strategy.vectorsPerUpdate > 1 ? { ...update, second } : update,
        );
        const next = round(strategy, state, model, given, N);
        state = next.state;
        model = Float32Array.from(next.model);
        expected = expected.map((w, j) => reference(w, j, updates, memories[j]));
      }
      near(model, expected, 3e-6);
    });
  }

  it('q-FedAvg: the model goes on as its formula says when the power q of the losses leaves all that can be summed', () => {
    const L = 1 / plain.learningRate;
    const lost = [1, 2, 1.5];
    const changes = [
      [0.1, -0.2],
      [0.3, 0.4],
      [-0.5, 0.01],
    ];
    for (const q of [1, 5, 20]) {
      const strategy = createStrategy({ name: 'qfedavg', q }, plain);
      let state = strategy.start(2);
      for (let scale = 1; scale > 1e-8; scale *= 0.6) {
        const updates = lost.map((loss, k) => ({
          change: changes[k].map((d) => d * Math.sqrt(scale)),
          metrics: { startLoss: loss * scale },
        }));
        // In float64, over the power of one of the losses, as float64 has its bounds too.
        const weights = lost.map((loss) => (loss / lost[0]) ** q);
        const h = sum(
          updates,
          ({ change, metrics }, k) => weights[k] * ((q * L * L * square(change)) / metrics.startLoss + L),
        );
        const next = round(strategy, state, [0, 0], updates);
        state = next.state;
        for (const [j, moved] of next.model.entries()) {
          const expected = sum(updates, ({ change }, k) => weights[k] * L * change[j]) / h;
          near([moved / expected], [1], 1e-5);
        }
      }
    }
  });

  it('SCAFFOLD: c is the mean of the c_i of all clients, also when clients come', () => {
    const strategy = createStrategy({ name: 'scaffold' }, plain);
    let state = strategy.start(size);
    const own = Array.from({ length: 12 }, () => new Float64Array(size));
    [5, 8, 12].forEach((clients, i) => {
      history[i].forEach(({ second }, k) => {
        for (let j = 0; j < size; j++) own[(k + 3 * i) % clients][j] += second[j];
      });
      ({ state } = round(strategy, state, start, history[i], clients));
      const c = strategy.broadcast?.(state) ?? [];
      const mean = Array.from({ length: size }, (_, j) => own.reduce((all, one) => all + one[j], 0) / clients);
      assert.equal(c.length, 1);
      near(c[0], mean);
    });
  });

  it('FedNova: how far momentum and proximal steps accumulate', () => {
    // |a| is how far a step of rate 1 goes along a gradient of 1: done step by step here.
    for (const [training, steps] of [
      [{ ...plain, optimizer: 'momentum', momentum: 0.9 }, 7],
      [{ ...plain, optimizer: 'momentum' }, 3],
      [{ ...plain, optimizer: 'momentum', momentum: 0 }, 3],
      [{ ...plain, proximal: 2 }, 9],
      [{ ...plain, proximal: 0 }, 4],
    ] as [TrainingOptions, number][]) {
      const { momentum = 0.9, proximal = 0, learningRate } = training;
      let [gone, velocity] = [0, 0];
      for (let step = 0; step < steps; step++) {
        velocity = (training.optimizer === 'momentum' ? momentum : 0) * velocity + 1 - proximal * gone * learningRate;
        gone += velocity;
      }
      const strategy = createStrategy({ name: 'fednova' }, { ...training, epochs: 20 });
      const facts: UpdateFacts = { client: 'a', samples: 10, norm: 1, staleness: 0, metrics: { steps } };
      near([10 / strategy.weigh(facts)], [gone], 1e-12);
    }
  });

  it('a mean of updates that count alike by their number of samples is not what they count by chance', () => {
    const strategy = createStrategy({ name: 'fedavg' }, plain);
    const updates = [
      { change: [1], samples: 9 },
      { change: [3], samples: 1 },
    ];
    const aggregation = createAggregation({ size: 1, strategy, kernels, normal: () => 0, equalWeights: true });
    updates.forEach(({ change, samples }, k) => {
      const facts: UpdateFacts = { client: `${k}`, samples, norm: 1, staleness: 0, metrics: {} };
      aggregation.add('', facts, [Float32Array.from(change)]);
    });
    const aggregate = aggregation.aggregate('', 2);
    assert.equal(strategy.apply(strategy.start(1), Float32Array.of(0), aggregate).model[0], 2);
    assert.deepEqual(
      aggregate.updates.map(({ samples }) => samples),
      [9, 1],
    );
  });
});
