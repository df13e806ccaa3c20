/** One client of a federation of predictions: what it trains on, from where, what leaves it, and what is kept. */
import assert from 'node:assert/strict';
import {
  consensusModel,
  type DistillParts,
  decodeDistilled,
  distillLearner,
  distillOptions,
  encodeDistilled,
  logitsOf,
  type OwnNetwork,
  publicRows,
} from '../../../lib/distillation';
import { federatedModel, type LearningTask } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import type { OwnState } from '../../../lib/federation/own-weights';
import { type ModelSpec, parseSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import type { RefusedError } from '../../../lib/refused';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { PredictJob, TrainJob } from '../../../lib/training/engine';
import { createTfjsEngine } from '../../../lib/training/tfjs/engine';
import { readVector } from '../../../lib/update/vector';
import { bankOf } from './federation';

const labels = ['a', 'b', 'c'];
const random = generator(6, 'distill');
const block = (count: number, width: number, classes = 3) => ({
  features: Float32Array.from({ length: count * width }, () => 3 + 2 * random.normal()),
  targets: Float32Array.from({ length: count }, () => random.below(classes)),
  count,
});
const rows = publicRows(block(20, 2), 2);
const own = block(30, 2);
const consensus = consensusModel({ digest: rows.digest, rows: 20, labels });
const dense = (units: number, activation: string) => ({ type: 'dense', units, activation });
const spec = (change: Record<string, unknown> = {}): ModelSpec =>
  parseSpec({ task: 'classify', input: [2], layers: [dense(5, 'tanh'), dense(3, 'softmax')], labels, ...change });
const network = federatedModel(spec());
const engine = createCoreEngine();
const options = { epochs: 3, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 4 } as const;
const says = (seed: number): Float32Array => {
  const numbers = generator(seed, 'says');
  return Float32Array.from({ length: 60 }, () => 2 * numbers.normal());
};
const taskOf = (round: number, weights = round === 1 ? new Float32Array(60) : says(round)): LearningTask => ({
  round,
  weights,
  options: { ...options, seed: 100 + round },
});
const calm = { signal: new AbortController().signal, deadlineMs: 1000, onProgress() {} };

interface Watched {
  jobs: TrainJob[];
  asked: PredictJob[];
  made: OwnNetwork[];
  trouble: RefusedError[];
}

function make(change: Partial<DistillParts> = {}) {
  const seen: Watched = { jobs: [], asked: [], made: [], trouble: [] };
  const learner = distillLearner({
    consensus,
    network,
    rows: () => rows,
    bank: bankOf(own),
    train(job, { onProgress }) {
      seen.jobs.push(job);
      onProgress(0.5);
      return engine.train(job);
    },
    predict(job) {
      seen.asked.push(job);
      return engine.predict(job);
    },
    options: distillOptions({ temperature: 3, digestEpochs: 7 }),
    onNetwork: (one) => seen.made.push(one),
    onTrouble: (one) => seen.trouble.push(one),
    ...change,
  });
  return { ...seen, learner };
}

describe('a client of a federation of predictions', () => {
  it('in the first round, when nothing is said yet, learns from its own rows alone', async () => {
    const { learner, jobs, made } = make();
    const { payload, samples, metrics } = await learner.learn(taskOf(1), calm);
    assert.equal(jobs.length, 1);
    assert.equal(jobs[0].soft, undefined);
    assert.deepEqual(jobs[0].samples.features, own.features);
    assert.deepEqual(jobs[0].options, taskOf(1).options);
    assert.deepEqual(jobs[0].weights, firstWeights(network));
    const { outputs } = await engine.predict({
      spec: network.spec,
      weights: made[0].weights,
      features: rows.features,
      count: 20,
      normalisation: made[0].normalisation,
    });
    assert.deepEqual(readVector(payload, 60), logitsOf(outputs, network.spec));
    assert.equal(samples, 20);
    assert.ok(metrics.loss !== undefined && metrics.steps === undefined, 'steps of unlike networks are not told');
  });

  it('then learns what is said of the public rows first, and answers with the difference to it', async () => {
    const { learner, jobs, asked, made } = make();
    await learner.learn(taskOf(1), calm);
    const { payload } = await learner.learn(taskOf(2), calm);
    const [first, digest, revisit] = jobs;
    assert.equal(jobs.length, 3);
    assert.deepEqual(digest.samples.features, rows.features);
    assert.deepEqual([digest.soft?.temperature, digest.soft?.share, digest.options.epochs], [3, 1, 7]);
    for (let row = 0; row < 20; row++) {
      const raised = Array.from(says(2).subarray(3 * row, 3 * row + 3), (z) => Math.exp(z / 3));
      const sum = raised.reduce((a, b) => a + b, 0);
      for (const [c, one] of raised.entries()) {
        assert.ok(Math.abs((digest.soft?.probabilities[3 * row + c] ?? Number.NaN) - one / sum) < 1e-6);
      }
    }
    const { weights: afterFirst } = await engine.train(first);
    const { weights: afterDigest } = await engine.train(digest);
    const { weights: afterRevisit } = await engine.train(revisit);
    assert.deepEqual(digest.weights, afterFirst);
    assert.deepEqual(revisit.weights, afterDigest);
    assert.deepEqual(asked[1].weights, afterRevisit);
    assert.deepEqual(made[1].weights, afterRevisit);
    assert.equal(made[1].round, 3);
    const { outputs } = await engine.predict(asked[1]);
    const difference = logitsOf(outputs, network.spec).map((value, i) => value - says(2)[i]);
    assert.deepEqual(readVector(payload, 60), difference);
    assert.notEqual(digest.options.seed, revisit.options.seed);
  });

  it('digests without what is about labels and rounds, and revisits with all of it', async () => {
    const { learner, jobs } = make();
    const all = {
      ...options,
      maxSteps: 4,
      classWeights: [1, 2, 3],
      focalGamma: 1,
      adversarial: { method: 'fgsm', epsilon: 0.1 },
      l2: 0.01,
    } as const;
    const { metrics } = await learner.learn(
      { ...taskOf(2), options: { ...all, classWeights: [1, 2, 3] }, atStart: { loss: true } },
      calm,
    );
    const [digest, revisit] = jobs;
    assert.deepEqual(digest.options, { ...options, l2: 0.01, epochs: 7, seed: digest.options.seed });
    assert.deepEqual(revisit.options, all);
    assert.equal(digest.atStart, undefined);
    // The loss at the start is that of the network that has heard what the federation says.
    const { startLoss } = await engine.train({ ...revisit, weights: (await engine.train(digest)).weights });
    assert.ok(startLoss !== undefined && startLoss === metrics.startLoss);
  });

  it('counts by its own samples when that is chosen', async () => {
    const { learner } = make({ options: distillOptions({ counts: 'samples' }) });
    assert.equal((await learner.learn(taskOf(1), calm)).samples, 30);
    assert.deepEqual(
      learner.labelCounts?.(3)?.reduce((a, b) => a + b),
      30,
    );
  });

  it('normalises its inputs by the public rows, which all have, or as its model says', async () => {
    const { learner, made } = make();
    await learner.learn(taskOf(1), calm);
    for (const feature of [0, 1]) {
      const column = Array.from({ length: 20 }, (_, row) => rows.features[2 * row + feature]);
      const average = column.reduce((a, b) => a + b, 0) / 20;
      const variance = column.reduce((sum, x) => sum + (x - average) ** 2, 0) / 20;
      assert.ok(Math.abs((made[0].normalisation?.mean[feature] ?? 0) - average) < 1e-9);
      assert.ok(Math.abs((made[0].normalisation?.std[feature] ?? 0) - Math.sqrt(variance)) < 1e-9);
    }
    const given = { mean: [1, 2], std: [3, 4] };
    for (const normalisation of ['none', given] as const) {
      const other = make({ network: federatedModel(spec(), normalisation) });
      await other.learner.learn(taskOf(2), calm);
      const wanted = normalisation === 'none' ? undefined : given;
      for (const job of [...other.jobs, ...other.asked]) assert.deepEqual(job.normalisation, wanted);
    }
  });

  it('of two labels may have one sigmoid output or two of a softmax: both speak of the same', async () => {
    const two = { labels: ['no', 'yes'] };
    const pair = consensusModel({ digest: rows.digest, rows: 20, ...two });
    const said = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? -1 : 1) * Math.sin(i));
    for (const head of [dense(1, 'sigmoid'), dense(2, 'softmax')]) {
      const one = make({
        consensus: pair,
        network: federatedModel(spec({ ...two, layers: [dense(6, 'tanh'), head] })),
        bank: bankOf(block(30, 2, 2)),
        options: distillOptions({ digestEpochs: 200 }),
      });
      const task = { ...taskOf(2, said), options: { ...options, maxSteps: 0 } };
      const { payload } = await one.learner.learn(task, calm);
      const change = readVector(payload, 40);
      assert.equal(one.jobs[0].soft?.probabilities.length, head.units * 20);
      const right = said.reduce(
        (hits, value, i) => hits + Number(Math.sign(value + change[i]) === Math.sign(value)),
        0,
      );
      assert.ok(right >= 30, `${head.activation}: ${right} of 40 are of the sign that was taught`);
    }
  });

  it('may have layers that only TensorFlow.js can run', async () => {
    const tfjs = createTfjsEngine({ native: false });
    if (typeof tfjs === 'string') throw new Error(tfjs);
    after(() => tfjs.dispose());
    const gru = { type: 'foreign', className: 'GRU', config: { units: 4 } };
    const one = make({
      network: federatedModel(spec({ input: [2, 1], layers: [gru, dense(3, 'softmax')] })),
      train: (job) => tfjs.train(job),
      predict: (job) => tfjs.predict(job),
    });
    for (const round of [1, 2]) {
      const { payload } = await one.learner.learn(taskOf(round), calm);
      assert.ok(readVector(payload, 60).every(Number.isFinite));
    }
    assert.deepEqual(one.trouble, []);
  });
});

describe('the own network of a client', () => {
  const pair = { consensus, network };

  it('is the same to the bit when rounds are asked again after a restart', async () => {
    const run = async (breaks: number[]): Promise<Buffer[]> => {
      let disk: OwnState | undefined;
      const open = () =>
        make({
          state: disk && decodeDistilled(encodeDistilled(disk, pair), pair).state,
          save: async (state) => {
            disk = state;
          },
        }).learner;
      let learner = open();
      const updates: Buffer[] = [];
      for (let round = 1; round <= 4; round++) {
        let { payload } = await learner.learn(taskOf(round), calm);
        if (breaks.includes(round)) {
          learner = open();
          ({ payload } = await learner.learn(taskOf(round), calm));
        }
        updates.push(payload);
      }
      return updates;
    };
    const plain = await run([]);
    for (const breaks of [[1], [2, 3], [1, 2, 3, 4]]) assert.deepEqual(await run(breaks), plain);
  });

  it('is on the disk before the answer goes out; that it could not be written stops nothing', async () => {
    const order: string[] = [];
    const good = make({
      save: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push('saved');
      },
    });
    await good.learner.learn(taskOf(1), calm).then(() => order.push('answered'));
    assert.deepEqual(order, ['saved', 'answered']);
    const full = make({ save: () => Promise.reject(new Error('no space')) });
    assert.equal((await full.learner.learn(taskOf(1), calm)).payload.length, 240);
    assert.deepEqual(
      full.trouble.map(({ code }) => code),
      ['distill-not-kept'],
    );
  });

  it('begins anew with the federation, and says so; it is forgotten when told', async () => {
    const { learner, jobs, trouble } = make();
    await learner.learn(taskOf(5), calm);
    assert.deepEqual(trouble, []);
    await learner.learn(taskOf(1), calm);
    assert.deepEqual(
      trouble.map(({ code }) => code),
      ['distill-anew'],
    );
    assert.deepEqual(jobs[jobs.length - 1].weights, firstWeights(network));
    await learner.learn(taskOf(2), calm);
    await learner.forget();
    await learner.learn(taskOf(3), calm);
    assert.deepEqual(jobs[jobs.length - 2].weights, firstWeights(network));
  });

  it('is dropped with a sentence when it is of another network, of other rows, or damaged', () => {
    const state: OwnState = { round: 3, before: firstWeights(network), after: firstWeights(network).fill(2) };
    const record = encodeDistilled(state, pair);
    assert.deepEqual(decodeDistilled(record, pair), { state });
    assert.deepEqual(decodeDistilled(undefined, pair), {});
    const { after: vector } = record.parts;
    const others = [
      decodeDistilled(record, { ...pair, network: federatedModel(spec({ seed: 9 })) }),
      decodeDistilled(record, { ...pair, network: federatedModel(spec(), 'none') }),
      decodeDistilled(record, { ...pair, consensus: consensusModel({ digest: '0'.repeat(16), rows: 20, labels }) }),
      decodeDistilled({ ...record, parts: { after: vector.subarray(4) } }, pair),
      decodeDistilled({ ...record, parts: { after: new Uint8Array(vector.length).fill(255) } }, pair),
    ];
    for (const { state: none, notice } of others) {
      assert.equal(none, undefined);
      assert.match(notice ?? '', /dropped, and begins anew\.$/);
    }
  });

  it('is told of again, as the last one, when nobody is asked any more', async () => {
    const { learner, made } = make();
    const heard = { round: 3, weights: says(3) };
    learner.hear?.(heard, { options, final: true });
    assert.equal(made.length, 0, 'it has learned nothing yet');
    await learner.learn(taskOf(2), calm);
    learner.hear?.(heard, { options, final: false });
    learner.hear?.(heard);
    learner.hear?.(heard, { options, final: true });
    assert.deepEqual(
      made.map(({ round, final }) => [round, final]),
      [
        [3, false],
        [3, true],
      ],
    );
    assert.deepEqual(made[1].weights, made[0].weights);
  });
});

describe('what such a client refuses', () => {
  it('is a strategy that speaks of its steps', async () => {
    const vector = new Float32Array(60);
    const tasks: Partial<LearningTask>[] = [
      { control: vector },
      { anchor: vector },
      { trainable: [true] },
      { atStart: { gradient: true } },
      { options: { ...options, proximal: 0.1 } },
    ];
    const { learner, jobs } = make();
    for (const change of tasks) {
      await assert.rejects(learner.learn({ ...taskOf(2), ...change }, calm), { code: 'distill-strategy' });
    }
    assert.deepEqual(jobs, []);
    assert.throws(() => learner.statistics(calm), { code: 'distill-strategy' });
    assert.equal(learner.lossOf, undefined);
  });

  it('is other public rows: the sentence has both digests and both numbers', async () => {
    const other = publicRows(block(20, 2), 2);
    const fewer = publicRows(
      { ...rows, features: rows.features.subarray(2), targets: new Float32Array(0), count: 19 },
      2,
    );
    for (const wrong of [other, fewer]) {
      const { learner } = make({ rows: () => wrong });
      const reason = learner.obstacle ?? '';
      for (const part of [wrong.digest, rows.digest, `${wrong.count} of`, '20 of'])
        assert.ok(reason.includes(part), reason);
      await assert.rejects(learner.learn(taskOf(1), calm), { code: 'public-rows', message: reason });
    }
    const none = make({ rows: () => undefined }).learner;
    assert.match(none.obstacle ?? '', new RegExp(rows.digest));
    await assert.rejects(none.learn(taskOf(1), calm), { code: 'public-rows' });
    const wide = { ...rows, width: 40, features: new Float32Array(800) };
    assert.match(make({ rows: () => wide }).learner.obstacle ?? '', /40 features/);
    assert.equal(make().learner.obstacle, undefined);
  });

  it('is a pair of models that do not belong together', () => {
    const wrong: [Partial<DistillParts>, string][] = [
      [{ network: consensus }, 'consensus'],
      [{ consensus: network }, 'consensus'],
      [{ network: federatedModel(spec({ labels: ['a', 'c', 'b'] })) }, 'distill-labels'],
      [
        { network: federatedModel(spec({ task: 'regress', labels: undefined, layers: [dense(1, 'linear')] })) },
        'distill-task',
      ],
      [{ network: federatedModel(spec({ task: 'multi-label', layers: [dense(3, 'sigmoid')] })) }, 'distill-labels'],
    ];
    for (const [change, code] of wrong) assert.throws(() => make(change), { code });
  });

  it('is to go on when nobody waits any more: nothing is kept, nobody is told', async () => {
    for (const stopAt of ['digest', 'revisit', 'predict', 'close']) {
      const stop = new AbortController();
      let trained = 0;
      const kept: unknown[] = [];
      const one = make({
        train(job) {
          trained += 1;
          if (stopAt === ['digest', 'revisit'][trained - 1]) stop.abort();
          return engine.train(job);
        },
        predict(job) {
          if (stopAt === 'predict') stop.abort();
          if (stopAt === 'close') one.learner.close();
          return engine.predict(job);
        },
        save: async (state) => {
          kept.push(state);
        },
      });
      await assert.rejects(one.learner.learn(taskOf(2), { ...calm, signal: stop.signal }), { name: 'AbortError' });
      assert.deepEqual([kept, one.made], [[], []], stopAt);
    }
  });

  it('and its progress goes from 0 to 1', async () => {
    const told: number[] = [];
    const { learner } = make();
    await learner.learn(taskOf(2), { ...calm, onProgress: (fraction) => told.push(fraction) });
    assert.ok(told.length >= 2 && told.every((one, i) => one > (told[i - 1] ?? 0) && one <= 1), String(told));
  });
});

describe('how predictions are learned from', () => {
  it('has defaults, and is checked', () => {
    assert.deepEqual(distillOptions({}), { temperature: 1, digestEpochs: 5, counts: 'alike' });
    const wrong = [
      { temperature: 0.5 },
      { temperature: Number.NaN },
      { temperature: 1e9 },
      { digestEpochs: 0 },
      { digestEpochs: 1.5 },
      { digestEpochs: 1e9 },
      { counts: 'none' as 'alike' },
    ];
    for (const wish of wrong) assert.throws(() => distillOptions(wish), { code: 'bad-setting', message: /^Set .*\.$/ });
  });
});
