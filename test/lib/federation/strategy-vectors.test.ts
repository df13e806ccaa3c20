/** Strategies against vectors of other projects; where their convention is another than the paper's, by exactly that. */
import assert from 'node:assert/strict';
import { meanLoss } from '../../../lib/federation/metrics';
import { createStrategy } from '../../../lib/federation/strategies';
import type { Strategy, StrategyState } from '../../../lib/federation/strategies/strategy';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import type { TensorSizes } from '../../../lib/update/message';
import { vectorPayload } from '../../../lib/update/vector';
import { vector } from '../vectors';
import { near, plain, round } from './one-round';
import { drive, find } from './round-driver';

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
    // One that tells of a loss beyond all numbers: then there is none, rather than one that is no number.
    const [first] = facts;
    assert.equal(meanLoss([...facts, { ...first, samples: 10, metrics: { loss: 1e308 } }]), undefined);
  });

  it('one contribution is the aggregate, whatever its weight: NVFlare', () => {
    const { input, expected } = vector<{ vectors: number[][] }, number[]>('nvflare-agg-1');
    const strategy = createStrategy({ name: 'fedavg' }, plain);
    for (const samples of [1, 7]) {
      const { model } = round(strategy, strategy.start(4), [0, 0, 0, 0], [{ change: input.vectors[0], samples }]);
      assert.deepEqual([...model], expected.map(Math.fround));
    }
  });

  it('an answer to an earlier round does not count: NVFlare', () => {
    const { input, expected } = vector<{ cases: [current: number, told: number][] }, boolean[]>('nvflare-stale-round');
    for (const [k, [current, told]] of input.cases.entries()) {
      const driver = drive({ minClients: 2, quorum: 2 });
      driver.event({ type: 'opened', run: 'life' });
      driver.join('a', 'b');
      for (let round = 1; round < current; round++) {
        for (const client of ['a', 'b']) driver.answer('update', client);
        driver.event({ type: 'saved' });
      }
      assert.equal(driver.state.round, current);
      const effects = driver.event({ type: 'update', client: 'a', round: told, attempt: `life.${told}`, claim: '' });
      assert.equal(find(effects, 'refuse') === undefined, expected[k]);
      assert.equal(driver.state.updates, expected[k] ? 1 : 0);
    }
  });

  it('tensors that some clients keep at home: NVFlare counts them alike, and means over those that came', () => {
    type Contribution = Record<string, number[]>;
    const { input, expected } = vector<{ contrib: Contribution[]; exclude: string }, Record<string, number>>(
      'nvflare-disjoint',
    );
    const keys = [...new Set(input.contrib.flatMap(Object.keys))];
    const tensors: TensorSizes = keys.map(() => [1, 1]);
    const isThere = (one: Contribution, key: string): boolean => key in one && key !== input.exclude;
    const strategy = createStrategy({ name: 'fedavg' }, plain);
    const changes = input.contrib.map((one) => {
      const whole = vectorPayload(Float32Array.from(keys, (key) => one[key]?.[0] ?? 99));
      const kept = keys.map((key) => isThere(one, key));
      const { payload, codecs } = applyCodec({ fl: { codecs: [], tensors }, payload: whole }, 'layers', { kept });
      return { change: decodeAll(payload, codecs, tensors) };
    });
    const start = keys.map(() => 0);
    const { model } = round(strategy, strategy.start(keys.length), start, changes);
    const moved = keys.filter((_, k) => model[k] !== 0);
    const sent = keys.map((key) => input.contrib.filter((one) => isThere(one, key)));
    const count = (clients: (there: number) => boolean): number => sent.filter(({ length }) => clients(length)).length;
    assert.deepEqual(
      {
        keys_aggregated: moved.length,
        keys_seen: keys.length,
        fully: count((there) => there === input.contrib.length),
        partial: count((there) => there > 0 && there < input.contrib.length),
        skipped: keys.length - moved.length,
      },
      expected,
    );
    // Their mean of a tensor is over those that sent it; ours counts the others as no change, as their samples are in the sum.
    near(
      model,
      keys.map((key, k) => sent[k].reduce((sum, one) => sum + one[key][0], 0) / input.contrib.length),
    );
  });
});
