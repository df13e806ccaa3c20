/** The learning rate over the rounds: what clients are told, and that what depends on the rate takes that of the round. */
import assert from 'node:assert/strict';
import type { FederationOptions } from '../../../lib/federation';
import { federationOptions } from '../../../lib/federation';
import { type ScheduleOptions, trainingAt } from '../../../lib/federation/schedule';
import type { TrainingOptions } from '../../../lib/training/engine';
import type { ModelHeader } from '../../../lib/update/message';
import { refused } from '../update/refused';
import { near } from './one-round';
import { descend, lossAt, optimumOf, type Quadratic, quadraticLearner, runQuadratics } from './quadratic';
import { toyFederation } from './toy';

const training: TrainingOptions = { epochs: 10, batchSize: 100, optimizer: 'sgd', learningRate: 0.1, seed: 1 };
const clients: Quadratic[] = [
  { a: [1, 2, 0.5], b: [4, -1, 2], samples: 10 },
  { a: [3, 0.5, 1], b: [-2, 3, 0], samples: 30 },
  { a: [2, 1.5, 1], b: [0, -4, 1], samples: 40 },
];

const schedules: [ScheduleOptions, (done: number) => number][] = [
  [{ name: 'step', every: 3, factor: 0.5 }, (done) => [1, 1, 1, 0.5, 0.5, 0.5, 0.25][done]],
  [{ name: 'exponential', factor: 0.8 }, (done) => 0.8 ** done],
  [{ name: 'inverse', decay: 0.25 }, (done) => 4 / (4 + done)],
];

describe('the rate over the rounds', () => {
  for (const [schedule, share] of schedules) {
    it(`${schedule.name}: clients are told the rate of their round, and the metrics tell it too`, async () => {
      const { sent, metrics } = await runQuadratics(clients, { rounds: 7, training, schedule });
      const told = sent.flatMap(({ fl }) => (fl.kind === 'model' && fl.cohort.length > 0 ? [fl as ModelHeader] : []));
      const expected = Array.from({ length: 7 }, (_, done) => 0.1 * share(done));
      near(
        told.map((fl) => fl.training.learningRate),
        expected,
        1e-15,
      );
      near(
        metrics.map(({ learningRate }) => learningRate ?? 0),
        expected,
        1e-15,
      );
      // No more than the rate: nothing else of the training changes.
      for (const fl of told) assert.deepEqual({ ...fl.training, learningRate: 0.1 }, training);
    });
  }

  it('without one every message and record is as before', async () => {
    const { sent, metrics } = await runQuadratics(clients, { rounds: 3, training });
    for (const { fl } of sent) if (fl.kind === 'model') assert.deepEqual(fl.training, training);
    assert.ok(metrics.every((round) => !('learningRate' in round)));
  });

  it('never falls to a rate that clients refuse', () => {
    for (const [schedule] of schedules) {
      for (const round of [0, 1, 1e6, 1e9]) {
        const { learningRate } = trainingAt({ training, schedule }, round);
        assert.ok(learningRate > 0 && learningRate <= 0.1, `${schedule.name} ${round}: ${learningRate}`);
        federationOptions({ training: { ...training, learningRate } });
      }
    }
  });

  it('refuses what would not let it fall', () => {
    const wrong: unknown[] = [
      { name: 'step', every: 0, factor: 0.5 },
      { name: 'step', every: 2.5, factor: 0.5 },
      { name: 'step', every: 3, factor: 1.1 },
      { name: 'exponential', factor: 0 },
      { name: 'exponential', factor: Number.NaN },
      { name: 'inverse', decay: 0 },
      { name: 'inverse', decay: -1 },
      { name: 'inverse' },
      { name: 'cosine' },
    ];
    for (const schedule of wrong) {
      refused('bad-setting', () => federationOptions({ schedule } as Partial<FederationOptions>), /^Set .*\.$/);
    }
  });

  it('begins anew after a reset', async () => {
    const schedule: ScheduleOptions = { name: 'exponential', factor: 0.5 };
    const toy = await toyFederation({ options: { rounds: 0, minClients: 3, quorum: 3, training, schedule } });
    const rates = (): number[] =>
      toy.sent.flatMap(({ fl }) => (fl.kind === 'model' && fl.cohort.length > 0 ? [fl.training.learningRate] : []));
    clients.forEach((client, i) => {
      toy.add(`c${i}`, { learner: quadraticLearner(client) }).samplesChanged();
    });
    while (rates().length < 3) await new Promise((resolve) => setImmediate(resolve));
    toy.coordinator.command('reset');
    toy.coordinator.command('start');
    const before = rates().length;
    while (rates().length <= before + 1) await new Promise((resolve) => setImmediate(resolve));
    await toy.close();
    assert.deepEqual(rates().slice(0, 3), [0.1, 0.05, 0.025]);
    assert.ok(rates().slice(before).includes(0.1));
  });

  it('q-FedAvg takes the L of the round: three rounds against float64', async () => {
    const q = 1;
    const schedule: ScheduleOptions = { name: 'step', every: 1, factor: 0.5 };
    const { weights } = await runQuadratics(clients, {
      rounds: 3,
      training,
      schedule,
      strategy: { name: 'qfedavg', q },
    });
    // The first model, from a federation that does not move it.
    const still = await runQuadratics(clients, { rounds: 1, training: { ...training, learningRate: 1e-30 } });
    let w = Float64Array.from(still.weights);
    for (let round = 0; round < 3; round++) {
      const rate = 0.1 * 0.5 ** round;
      const L = 1 / rate;
      const sum = new Float64Array(3);
      let divisor = 0;
      for (const client of clients) {
        const local = descend(client, 10, w, { ...training, learningRate: rate });
        const D = w.map((value, j) => L * (value - local[j]));
        const F = lossAt(client, w);
        D.forEach((value, j) => {
          sum[j] += F ** q * value;
        });
        divisor += q * F ** (q - 1) * D.reduce((all, value) => all + value * value, 0) + L * F ** q;
      }
      w = w.map((value, j) => value - sum[j] / divisor);
    }
    near(weights, w, 1e-5);
  });

  it('FedNova with a proximal term reaches as far as the rate of the round lets it: against float64', async () => {
    const proximal = 2;
    const unlike = clients.map((client, k) => ({ ...client, steps: [2, 9, 4][k] }));
    const schedule: ScheduleOptions = { name: 'step', every: 1, factor: 0.25 };
    const options = { ...training, proximal };
    const { weights } = await runQuadratics(unlike, {
      ...{ rounds: 3, training: options, schedule },
      strategy: { name: 'fednova' },
    });
    const still = await runQuadratics(unlike, { rounds: 1, training: { ...training, learningRate: 1e-30 } });
    let w = Float64Array.from(still.weights);
    const all = unlike.reduce((sum, { samples }) => sum + samples, 0);
    for (let round = 0; round < 3; round++) {
      const rate = 0.1 * 0.25 ** round;
      let reached = 0;
      const direction = new Float64Array(3);
      for (const client of unlike) {
        const local = descend(client, client.steps, w, { ...options, learningRate: rate });
        // |a|: sum of (1 - rate mu)^k over the steps.
        let a = 0;
        for (let k = 0; k < client.steps; k++) a += (1 - rate * proximal) ** k;
        const p = client.samples / all;
        reached += p * a;
        local.forEach((value, j) => {
          direction[j] += (p * (value - w[j])) / a;
        });
      }
      w = w.map((value, j) => value + reached * direction[j]);
    }
    near(weights, w, 1e-5);
  });

  it('SCAFFOLD lands on the optimum with it too, as its control vectors are gradients at any rate', async () => {
    const schedule: ScheduleOptions = { name: 'inverse', decay: 0.05 };
    const { weights } = await runQuadratics(clients, {
      rounds: 300,
      training,
      schedule,
      strategy: { name: 'scaffold' },
    });
    near(
      weights,
      optimumOf(clients, () => 1),
      1e-4,
    );
  });

  it("FLTrust's own training follows it", async () => {
    const rates: number[] = [];
    const own = quadraticLearner(clients[0]);
    const toy = await toyFederation({
      options: {
        ...{ rounds: 3, minClients: 3, quorum: 3, training },
        rule: { name: 'fltrust' },
        schedule: { name: 'exponential', factor: 0.5 },
      },
      parts: {
        root: {
          count: own.count,
          async learn(task, control) {
            rates.push(task.options.learningRate);
            return own.learn(task, control);
          },
        },
      },
    });
    clients.forEach((client, i) => {
      toy.add(`c${i}`, { learner: quadraticLearner(client) }).samplesChanged();
    });
    await toy.settle();
    await toy.close();
    assert.deepEqual(rates, [0.1, 0.05, 0.025]);
  });
});
