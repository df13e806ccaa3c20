/** What a client of a federation of predictions refuses, and how it is stopped. */
import assert from 'node:assert/strict';
import { type DistillParts, distillOptions, publicRows } from '../../../lib/distillation';
import { federatedModel, type LearningTask } from '../../../lib/federation';
import { block, calm, consensus, dense, engine, make, network, options, rows, spec, taskOf } from './one-client';

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
    assert.deepEqual(distillOptions({}), {
      temperature: 1,
      digestEpochs: 5,
      pretrainEpochs: 0,
      counts: 'alike',
    });
    const wrong = [
      { temperature: 0.5 },
      { temperature: Number.NaN },
      { temperature: 1e9 },
      { digestEpochs: 0 },
      { pretrainEpochs: -1 },
      { pretrainEpochs: 0.5 },
      { pretrainEpochs: 1e9 },
      { digestEpochs: 1.5 },
      { digestEpochs: 1e9 },
      { counts: 'none' as 'alike' },
    ];
    for (const wish of wrong) assert.throws(() => distillOptions(wish), { code: 'bad-setting', message: /^Set .*\.$/ });
  });
});
