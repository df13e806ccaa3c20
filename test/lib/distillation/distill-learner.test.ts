/** One client of a federation of predictions: what it trains on, from where, and what leaves it. */
import assert from 'node:assert/strict';
import { consensusModel, distillOptions, logitsOf, publicRows } from '../../../lib/distillation';
import { federatedModel } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import { createTfjsEngine } from '../../../lib/training/tfjs/engine';
import { readVector } from '../../../lib/update/vector';
import { bankOf } from './federation';
import { block, calm, dense, engine, make, network, options, own, rows, says, spec, taskOf } from './one-client';

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

  it('may begin with the labels of the public rows, once, and the same when the round is asked again', async () => {
    const { learner, jobs, made } = make({ options: distillOptions({ pretrainEpochs: 4, digestEpochs: 7 }) });
    const task = { ...taskOf(1), options: { ...taskOf(1).options, maxSteps: 2, focalGamma: 1 } };
    await learner.learn(task, calm);
    const [pretraining, revisit] = jobs;
    assert.equal(jobs.length, 2);
    assert.deepEqual(pretraining.samples.features, rows.features);
    assert.deepEqual(pretraining.samples.targets, rows.targets);
    assert.ok(rows.targets.some((label) => label > 0));
    assert.deepEqual(pretraining.options, { ...options, epochs: 4, seed: pretraining.options.seed });
    assert.deepEqual(pretraining.weights, firstWeights(network));
    assert.notEqual(pretraining.options.seed, revisit.options.seed);
    assert.deepEqual(revisit.weights, (await engine.train(pretraining)).weights);
    await learner.learn(task, calm);
    assert.deepEqual(made[1].weights, made[0].weights);
    await learner.learn(taskOf(2), calm);
    // Digest and revisit: it has begun.
    assert.deepEqual(
      jobs.slice(4).map(({ options: { epochs } }) => epochs),
      [7, 3],
    );
    assert.deepEqual(jobs[4].weights, made[0].weights);
    // One that comes later begins so too, before its first digest.
    const late = make({ options: distillOptions({ pretrainEpochs: 4, digestEpochs: 7 }) });
    await late.learner.learn(taskOf(5), calm);
    assert.deepEqual(
      late.jobs.map(({ options: { epochs } }) => epochs),
      [4, 7, 3],
    );
  });

  it('takes no part while public rows have no labels, when it is to begin with them', async () => {
    const unlabelled = publicRows({ ...rows, targets: new Float32Array(0) }, 2);
    assert.equal(unlabelled.digest, rows.digest);
    const change = { rows: () => unlabelled, options: distillOptions({ pretrainEpochs: 1 }) };
    const { learner } = make(change);
    assert.match(learner.obstacle ?? '', /no labels, which pretraining needs/);
    await assert.rejects(learner.learn(taskOf(1), calm), { code: 'public-rows' });
    assert.equal(make({ rows: () => unlabelled }).learner.obstacle, undefined);
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
