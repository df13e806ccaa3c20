/** A teacher and a student (Hinton 2015, arXiv 1503.02531), and a student of a federation's predictions (FedDF, arXiv 2006.07242). */
import assert from 'node:assert/strict';
import {
  consensusModel,
  logitsOf,
  normalisationOf,
  ownNormalisation,
  publicRows,
  type StudentJob,
  softTargets,
  studentOf,
  teach,
  teachOptions,
} from '../../../lib/distillation';
import { federatedModel } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import { initialWeights, parseSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import { createPool } from '../../../lib/training';
import type { TrainJob, TrainResult } from '../../../lib/training/engine';
import { digits, labels, networks, WIDTH } from './digits';
import { accuracy, engine, training } from './federation';

const watch = { signal: new AbortController().signal, onProgress() {} };
const train = (job: TrainJob): Promise<TrainResult> => engine.train(job);
const { deep: teacher, narrow: student } = networks;

describe('a teacher and its student', () => {
  const set = digits({ clients: 1, alpha: 100, seed: 4, publicCount: 600 });
  const rows = publicRows(set.publicRows, WIDTH);
  const normalisation = normalisationOf(rows);
  let logits: Float32Array;
  let taughtBy: number;

  before(async () => {
    const [samples] = set.clients.values();
    const weights = initialWeights(teacher.spec);
    const options = { ...training, epochs: 20 };
    const trained = await engine.train({ spec: teacher.spec, weights, samples, normalisation, options });
    taughtBy = await accuracy(teacher, { weights: trained.weights, normalisation }, set.test);
    const { features, count } = rows;
    const said = await engine.predict({ spec: teacher.spec, weights: trained.weights, features, count, normalisation });
    logits = logitsOf(said.outputs, teacher.spec);
  });

  it('of one sixteenth of its size comes close to it, without one label', async () => {
    assert.ok(teacher.layout.size > 14 * student.layout.size);
    const soft = softTargets(logits, student.spec, teachOptions({ share: 1 }));
    const unlabelled = { features: rows.features, targets: new Float32Array(0), count: rows.count };
    const taught = await teach({ student, rows: unlabelled, soft, options: { ...training, epochs: 60 } }, train, watch);
    const figure = await accuracy(student, taught, set.test);
    const before = await accuracy(student, { weights: firstWeights(student), normalisation }, set.test);
    assert.ok(
      taughtBy > 0.9 && figure > taughtBy - 0.04 && before < 0.3,
      `${before} at first, ${figure} of ${taughtBy}`,
    );
    assert.deepEqual(taught.normalisation, normalisation);
  });

  it('leaves the rest of the loss to the labels: they must be there then', async () => {
    const soft = softTargets(logits, student.spec, { temperature: 2, share: 0.5 });
    const jobs: TrainJob[] = [];
    const keep = (job: TrainJob): Promise<TrainResult> => {
      jobs.push(job);
      return engine.train(job);
    };
    const targets = new Float32Array(rows.count).fill(3);
    const start = firstWeights(student).map((weight) => weight / 2);
    const given = { mean: new Array<number>(WIDTH).fill(8), std: new Array<number>(WIDTH).fill(6) };
    const job = { student, start, rows: { ...rows, targets }, normalisation: given, soft, options: training };
    await teach(job, keep, watch);
    assert.deepEqual([jobs[0].samples.targets, jobs[0].weights, jobs[0].normalisation], [targets, start, given]);
    assert.deepEqual(jobs[0].soft, soft);
    const unlabelled = { ...rows, targets: new Float32Array(0) };
    await assert.rejects(teach({ ...job, rows: unlabelled }, keep, watch), { code: 'job' });
  });

  it('gives the same bits in a worker, also where its probabilities are a part of a larger vector', async () => {
    const pool = createPool({ threads: 1 });
    const soft = softTargets(logits, student.spec, teachOptions({ share: 1 }));
    const large = new Float32Array(soft.probabilities.length + 5);
    large.set(soft.probabilities, 5);
    const unlabelled = { features: rows.features, targets: new Float32Array(0), count: rows.count };
    const job = { student, rows: unlabelled, options: training };
    try {
      const here = await teach({ ...job, soft }, train, watch);
      const there = await teach({ ...job, soft: { ...soft, probabilities: large.subarray(5) } }, pool.train, watch);
      assert.deepEqual(there.weights, here.weights);
      const stop = new AbortController();
      stop.abort();
      await assert.rejects(teach({ ...job, soft }, pool.train, { ...watch, signal: stop.signal }), {
        name: 'AbortError',
      });
    } finally {
      await pool.close();
    }
  });

  it('may tell any of several labels: each by itself', async () => {
    const head = (hidden: number) => [
      { type: 'dense', units: hidden, activation: 'tanh' },
      { type: 'dense', units: 3, activation: 'sigmoid' },
    ];
    const network = (hidden: number) =>
      federatedModel(
        parseSpec({ task: 'multi-label', input: [2], layers: head(hidden), labels: ['a', 'b', 'c'], seed: 2 }),
      );
    const random = generator(7, 'several labels');
    const features = Float32Array.from({ length: 800 }, () => random.normal());
    // Above, right of, and beyond both.
    const targets = Float32Array.from({ length: 1200 }, (_, i) => {
      const [x, y] = features.subarray(2 * Math.floor(i / 3));
      return Number([x > 0, y > 0, x + y > 0.5][i % 3]);
    });
    const samples = { features, targets, count: 400 };
    const [large, small] = [network(24), network(4)];
    const options = { ...training, epochs: 60 };
    const trained = await engine.train({ spec: large.spec, weights: initialWeights(large.spec), samples, options });
    const said = await engine.predict({ spec: large.spec, weights: trained.weights, features, count: 400 });
    const soft = softTargets(logitsOf(said.outputs, large.spec), small.spec, { temperature: 2, share: 1 });
    const unlabelled = { features, targets: new Float32Array(0), count: 400 };
    const taught = await teach({ student: small, rows: unlabelled, soft, options }, train, watch);
    const { outputs } = await engine.predict({
      ...{ spec: small.spec, weights: taught.weights, normalisation: taught.normalisation },
      ...{ features, count: 400 },
    });
    const right = outputs.reduce((hits, p, i) => hits + Number(p > 0.5 === targets[i] > 0.5), 0) / 1200;
    assert.ok(right > 0.93, `${right} of the labels`);
  });

  it('has its inputs normalised as its model says, else by the rows', () => {
    const given = { mean: [1], std: [2] };
    assert.equal(ownNormalisation(federatedModel(student.spec, 'none'), rows), undefined);
    assert.equal(ownNormalisation(federatedModel(student.spec, given), rows), given);
    assert.deepEqual(ownNormalisation(student, rows), normalisation);
  });

  it('has options that are checked', () => {
    assert.deepEqual(teachOptions({}), { temperature: 4, share: 0.9 });
    for (const wish of [{ share: -0.1 }, { share: 1.1 }, { share: Number.NaN }, { temperature: 0 }]) {
      assert.throws(() => teachOptions(wish), { code: 'bad-setting', message: /^Set .*\.$/ });
    }
  });

  it('of a federation refuses other rows, other labels, a network in place of predictions, and what was never said', async () => {
    const consensus = consensusModel({ digest: rows.digest, rows: rows.count, labels });
    const sound: StudentJob = { consensus, logits, rows, student, temperature: 1, options: { ...training, epochs: 1 } };
    const taught = await studentOf(sound, train, watch);
    assert.equal(taught.weights.length, student.layout.size);
    const others = publicRows(digits({ clients: 1, alpha: 1, seed: 9 }).publicRows, WIDTH);
    const [zero, ...rest] = labels;
    const turned = consensusModel({ digest: rows.digest, rows: rows.count, labels: [...rest, zero] });
    const wrong: [Partial<StudentJob>, string][] = [
      [{ rows: others }, 'public-rows'],
      [{ consensus: turned }, 'distill-labels'],
      [{ consensus: student }, 'consensus'],
      [{ student: consensus }, 'consensus'],
      [{ logits: new Float32Array(logits.length) }, 'no-predictions'],
      [{ logits: logits.subarray(10) }, 'job'],
    ];
    for (const [change, code] of wrong)
      await assert.rejects(studentOf({ ...sound, ...change }, train, watch), { code });
  });
});
