/** Each strategy against its paper: vectors of other projects, and the formulae once more in float64. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernels } from '../../../lib/core';
import { createAggregation } from '../../../lib/federation/aggregation';
import { meanLoss } from '../../../lib/federation/metrics';
import { federationOptions } from '../../../lib/federation/options';
import { createStrategy, strategyNames } from '../../../lib/federation/strategies';
import type { StrategyOptions } from '../../../lib/federation/strategies/options';
import type { Strategy, StrategyState, UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';
import type { TrainingOptions } from '../../../lib/training/engine';

const kernels = createKernels();
const plain: TrainingOptions = { epochs: 1, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 1 };

interface Vector {
  id: string;
  input: Record<string, unknown>;
  expected: unknown;
}
/** From dist/test/lib/federation/. */
const file = join(__dirname, '../../../../test/fixtures/vectors/strategies.json');
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
const vector = <I, E>(id: string): { input: I; expected: E } => {
  const found = vectors.find((one) => one.id === id);
  assert.ok(found, id);
  return { input: found.input as I, expected: found.expected as E };
};

interface Update extends Partial<Omit<UpdateFacts, 'client'>> {
  change: ArrayLike<number>;
  second?: ArrayLike<number>;
}

/** One round. */
function round(
  strategy: Strategy,
  state: StrategyState,
  global: ArrayLike<number>,
  updates: Update[],
  clients = updates.length,
): { state: StrategyState; model: Float32Array } {
  const model = Float32Array.from(global);
  const aggregation = createAggregation({ size: model.length, strategy, kernels, normal: () => 0 });
  updates.forEach(({ change, second, ...facts }, k) => {
    const numbers = [change, ...(second ? [second] : [])].map((one) => Float32Array.from(one));
    const known = { samples: 1, norm: kernels.norm(numbers[0]), staleness: 0, metrics: {}, ...facts };
    aggregation.add('', { client: `c${k}`, ...known }, numbers);
  });
  const before = structuredClone(state);
  const next = strategy.apply(state, model, aggregation.aggregate('', clients));
  // Pure: neither is changed.
  assert.deepEqual(state, before);
  assert.deepEqual([...model], [...Float32Array.from(global)]);
  return next;
}

/** Rounds of one number whose local models are always the same; gives the model after each. */
function rounds(strategy: Strategy, state: StrategyState, start: number, models: number[], count: number): number[] {
  const told: number[] = [];
  let w = start;
  for (let i = 0; i < count; i++) {
    const next = round(
      strategy,
      state,
      [w],
      models.map((value) => ({ change: [value - w], samples: 5 })),
    );
    state = next.state;
    [w] = next.model;
    told.push(w);
  }
  return told;
}

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-6): void => {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(found[i] - expected[i]) <= within * Math.max(1, Math.abs(expected[i])),
      `${i}: ${found[i]}, not ${expected[i]}`,
    );
  }
};

describe('strategies, against vectors of other projects', () => {
  it('FedAvgM: Flower, and four rounds', () => {
    type Input = { x0: number[]; vectors: number[][]; num_examples: number[]; server_lr: number; momentum: number };
    const { input, expected } = vector<Input, number[]>('flower-fedavgm-1');
    const strategy = createStrategy(
      { name: 'fedavgm', beta: input.momentum, serverLearningRate: input.server_lr },
      plain,
    );
    const updates = input.vectors.map((change, k) => ({ change, samples: input.num_examples[k] }));
    near(round(strategy, strategy.start(10), input.x0, updates).model, expected, 1e-5);

    const four = vector<{ mean_each_round: number; lr: number; momentum: number }, number[]>('der-fedavgm-4r');
    const momentum = createStrategy(
      { name: 'fedavgm', beta: four.input.momentum, serverLearningRate: four.input.lr },
      plain,
    );
    near(rounds(momentum, momentum.start(1), 0, [four.input.mean_each_round], 4), four.expected, 2e-6);
  });

  it('FedAvgM is SGD with momentum on minus the change: TensorFlow Federated', () => {
    for (const [id, beta] of [
      ['tff-sgd', 0],
      ['tff-sgdm', 0.5],
    ] as const) {
      const { input, expected } = vector<{ w0: number; g: number; lr: number; steps: number }, number[]>(id);
      const strategy = createStrategy({ name: 'fedavgm', beta, serverLearningRate: input.lr }, plain);
      let state = strategy.start(1);
      const path = [input.w0];
      for (let i = 0; i < input.steps; i++) {
        const next = round(strategy, state, [path[i]], [{ change: [-input.g] }]);
        state = next.state;
        path.push(next.model[0]);
      }
      near(path, expected);
    }
  });

  describe('FedAdagrad and FedAdam: v begins at tau^2, as in the paper, where others begin with 0', () => {
    type Input = { x0: number; client_values: number[]; eta: number; tau: number; b1: number; b2: number };
    const fromZero: StrategyState = { numbers: {}, vectors: { m: new Float32Array(1), v: new Float32Array(1) } };

    it('FedAdagrad: Flower from v = 0, and the paper from tau^2', () => {
      const one = vector<{ x0: number[]; eta: number; tau: number }, number[]>('flower-fedadagrad-1');
      const three = vector<Input, number[]>('der-fedadagrad-3r');
      const { x0, eta, tau, client_values } = three.input;
      const strategy = createStrategy({ name: 'fedadagrad', serverLearningRate: eta, tau }, plain);
      const theirs = rounds(strategy, fromZero, x0, client_values, 3);
      near(theirs.slice(0, 1), one.expected.slice(0, 1));
      near(theirs, three.expected);
      // m = D, v = tau^2 + sum D^2.
      const ours: number[] = [];
      let [w, v] = [x0, tau * tau];
      for (let i = 0; i < 3; i++) {
        const d = (client_values[0] + client_values[1]) / 2 - w;
        v += d * d;
        w += (eta * d) / (Math.sqrt(v) + tau);
        ours.push(w);
      }
      near(rounds(strategy, strategy.start(1), x0, client_values, 3), ours);
      assert.ok(Math.abs(ours[0] - theirs[0]) > 0.005);
    });

    it('Adagrad: TensorFlow Federated, whose tau is 0', () => {
      const { input, expected } = vector<{ w0: number; g: number; lr: number }, number[]>('tff-adagrad');
      const strategy = createStrategy({ name: 'fedadagrad', serverLearningRate: input.lr, tau: 1e-12 }, plain);
      let state = fromZero;
      const path = [input.w0];
      for (let i = 0; i < 4; i++) {
        const next = round(strategy, state, [path[i]], [{ change: [-input.g] }]);
        state = next.state;
        path.push(next.model[0]);
      }
      near(path, expected);
    });

    it('FedAdam: Flower corrects with the exponent round + 1, which is another rate in each round', () => {
      const { input, expected } = vector<Input, number[]>('der-fedadam-flower-3r');
      const { x0, client_values, eta, b1: beta1, b2: beta2, tau } = input;
      let state = fromZero;
      let w = x0;
      expected.forEach((value, i) => {
        const t = i + 1;
        const rate = (eta * Math.sqrt(1 - beta2 ** (t + 1))) / (1 - beta1 ** (t + 1));
        const strategy = createStrategy({ name: 'fedadam', beta1, beta2, tau, serverLearningRate: rate }, plain);
        const next = round(
          strategy,
          state,
          [w],
          client_values.map((local) => ({ change: [local - w], samples: 5 })),
        );
        state = next.state;
        [w] = next.model;
        near([w], [value]);
      });
      // The paper's own: no correction, v from tau^2.
      const strategy = createStrategy({ name: 'fedadam', beta1, beta2, tau, serverLearningRate: eta }, plain);
      const ours: number[] = [];
      let [u, m, v] = [x0, 0, tau * tau];
      for (let i = 0; i < 3; i++) {
        const d = (client_values[0] + client_values[1]) / 2 - u;
        m = beta1 * m + (1 - beta1) * d;
        v = beta2 * v + (1 - beta2) * d * d;
        u += (eta * m) / (Math.sqrt(v) + tau);
        ours.push(u);
      }
      near(rounds(strategy, strategy.start(1), x0, client_values, 3), ours, 1e-5);
    });

    it('Adam: TensorFlow Federated is ours times its correction of the beginning', () => {
      const { input, expected } = vector<{ w0: number; g: number; lr: number; b1: number; b2: number }, number[]>(
        'tff-adam',
      );
      let state = fromZero;
      let w = input.w0;
      expected.slice(1).forEach((value, i) => {
        const correction = Math.sqrt(1 - input.b2 ** (i + 1)) / (1 - input.b1 ** (i + 1));
        const strategy = createStrategy(
          { name: 'fedadam', beta1: input.b1, beta2: input.b2, tau: 1e-12, serverLearningRate: input.lr * correction },
          plain,
        );
        const next = round(strategy, state, [w], [{ change: [-input.g] }]);
        state = next.state;
        [w] = next.model;
        near([w], [value]);
      });
    });
  });

  it('the weighted loss: Flower', () => {
    const { input, expected } = vector<{ pairs_n_loss: [number, number][] }, number>('flower-loss-1');
    const facts = input.pairs_n_loss.map(([samples, loss], k) => ({
      ...{ client: `c${k}`, samples, norm: 1, staleness: 0 },
      metrics: { loss },
    }));
    assert.equal(meanLoss(facts), expected);
  });

  it('one contribution is the aggregate, whatever its weight: NVFlare', () => {
    const { input, expected } = vector<{ vectors: number[][] }, number[]>('nvflare-agg-1');
    const strategy = createStrategy({ name: 'fedavg' }, plain);
    for (const samples of [1, 7]) {
      const { model } = round(strategy, strategy.start(4), [0, 0, 0, 0], [{ change: input.vectors[0], samples }]);
      assert.deepEqual([...model], expected.map(Math.fround));
    }
  });
});

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
  const sum = (updates: Round, of: (update: Round[number], k: number) => number): number =>
    updates.reduce((all, update, k) => all + of(update, k), 0);
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
    assert.deepEqual(references.map(([{ name }]) => name).sort(), [...strategyNames].sort());
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

describe('what a strategy refuses', () => {
  const facts = (change: Partial<UpdateFacts>): UpdateFacts => ({
    ...{ client: 'a', samples: 10, norm: 1, staleness: 0, metrics: {} },
    ...change,
  });
  const code = (action: () => unknown): string | undefined => {
    try {
      action();
      return undefined;
    } catch (error) {
      assert.ok(error instanceof RefusedError, String(error));
      assert.match(error.message, /^[A-Z].*\.$/);
      return error.code;
    }
  };

  it('parameters out of range, and trainings that its paper does not allow', () => {
    const wrong: [StrategyOptions, Partial<TrainingOptions>?][] = [
      [{ name: 'fedprox', mu: -1 }],
      [{ name: 'fedprox', mu: Number.NaN }],
      [{ name: 'fedprox', mu: 1 }, { proximal: 2 }],
      [{ name: 'fedavgm', beta: 1 }],
      [{ name: 'fedavgm', serverLearningRate: 0 }],
      [{ name: 'fedadam', beta2: -0.1 }],
      [{ name: 'fedadam', tau: 0 }],
      [{ name: 'fedyogi', beta1: 1 }],
      [{ name: 'fedadagrad', serverLearningRate: Number.POSITIVE_INFINITY }],
      [{ name: 'scaffold', option: 3 as 1 }],
      [{ name: 'scaffold' }, { optimizer: 'adam' }],
      [{ name: 'scaffold' }, { optimizer: 'momentum' }],
      [{ name: 'scaffold' }, { proximal: 0.1 }],
      [{ name: 'scaffold', option: 2 }, { clipNorm: 1 }],
      [{ name: 'feddyn', alpha: 0 }],
      [{ name: 'feddyn' }, { proximal: 0.1 }],
      [{ name: 'fednova' }, { optimizer: 'adam' }],
      [{ name: 'fednova' }, { optimizer: 'momentum', proximal: 0.1 }],
      [{ name: 'fednova' }, { proximal: 100 }],
      [{ name: 'fedsgd' }, { optimizer: 'momentum' }],
      [{ name: 'fedsgd' }, { proximal: 1 }],
      [{ name: 'qfedavg', q: -1 }],
    ];
    for (const [strategy, training] of wrong) {
      const wish = { strategy, training: { ...plain, ...training } };
      assert.equal(
        code(() => federationOptions(wish)),
        'bad-setting',
        JSON.stringify(wish),
      );
    }
  });

  it('nothing that goes together', () => {
    const right: [StrategyOptions, Partial<TrainingOptions>?][] = [
      [{ name: 'fedprox', mu: 2 }, { proximal: 2 }],
      // FedProx at the clients, FedYogi at the aggregator.
      [{ name: 'fedyogi' }, { proximal: 0.1 }],
      [{ name: 'scaffold', option: 1 }, { clipNorm: 1 }],
      [{ name: 'fednova' }, { optimizer: 'momentum' }],
      [{ name: 'fednova' }, { proximal: 0.1 }],
      [{ name: 'feddyn' }, { optimizer: 'adam' }],
    ];
    for (const [strategy, training] of right) {
      const wish = { strategy, training: { ...plain, ...training } };
      assert.equal(
        code(() => federationOptions(wish)),
        undefined,
        JSON.stringify(wish),
      );
    }
  });

  it('FedNova: steps that are missing, or more than the samples take', () => {
    const strategy = createStrategy({ name: 'fednova' }, { ...plain, epochs: 3 });
    // 25 samples in batches of 10: three steps an epoch.
    assert.equal(strategy.weigh(facts({ samples: 25, metrics: { steps: 9 } })), 25 / 9);
    for (const steps of [undefined, 0, -1, 1.5, 10, 1e300, Number.NaN]) {
      assert.equal(
        code(() => strategy.weigh(facts({ samples: 25, metrics: { steps } }))),
        'bad-steps',
        `${steps}`,
      );
    }
    const short = createStrategy({ name: 'fednova' }, { ...plain, epochs: 3, maxSteps: 2 });
    assert.equal(
      code(() => short.weigh(facts({ samples: 25, metrics: { steps: 3 } }))),
      'bad-steps',
    );
  });

  it('q-FedAvg: losses that are missing, negative or beyond all numbers; a loss of 0 is finite', () => {
    const strategy = createStrategy({ name: 'qfedavg', q: 2 }, plain);
    for (const startLoss of [undefined, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e200]) {
      assert.equal(
        code(() => strategy.weigh(facts({ metrics: { startLoss } }))),
        'bad-loss',
        `${startLoss}`,
      );
    }
    const half = createStrategy({ name: 'qfedavg', q: 0.5 }, plain);
    const updates = [
      { change: [1, 0], metrics: { startLoss: 0 } },
      { change: [0, 1], metrics: { startLoss: 1 } },
    ];
    const { model } = round(half, half.start(2), [0, 0], updates);
    assert.ok(
      [...model].every((value) => value >= 0 && value < 1),
      `${model}`,
    );
    // All have lost nothing, and have nothing to learn: the model stays.
    const done = round(half, half.start(2), [3, 4], [{ change: [0, 0], metrics: { startLoss: 0 } }]);
    assert.deepEqual([...done.model], [3, 4]);
  });
});
