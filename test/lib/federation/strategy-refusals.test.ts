import assert from 'node:assert/strict';
import { createAggregation } from '../../../lib/federation/aggregation';
import { federationOptions } from '../../../lib/federation/options';
import { createStrategy } from '../../../lib/federation/strategies';
import type { StrategyName, StrategyOptions } from '../../../lib/federation/strategies/options';
import type { UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { RefusedError } from '../../../lib/refused';
import type { TrainingOptions } from '../../../lib/training/engine';
import { kernels, plain, round } from './one-round';

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

  it('privacy noise where it would part what is remembered, and central privacy where the mean is not uniform', () => {
    const claim = { clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 };
    const metrics = { steps: 1, startLoss: 1 };
    const weigh = (name: StrategyName, mode: 'local' | 'central') =>
      code(() => {
        const strategy = createStrategy({ name }, plain);
        const aggregation = createAggregation({ size: 1, strategy, kernels, normal: () => 0 });
        aggregation.weigh(facts({ metrics }), { mode, ...claim });
      });
    for (const name of ['scaffold', 'feddyn'] as const) {
      assert.deepEqual([weigh(name, 'local'), weigh(name, 'central')], ['privacy-strategy', 'privacy-strategy'], name);
    }
    for (const name of ['fednova', 'qfedavg'] as const) {
      assert.deepEqual([weigh(name, 'local'), weigh(name, 'central')], [undefined, 'privacy-strategy'], name);
    }
    for (const name of ['fedavg', 'fedsgd', 'fedprox', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'] as const) {
      assert.deepEqual([weigh(name, 'local'), weigh(name, 'central')], [undefined, undefined], name);
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
