/** The threshold of a personal model is of its own errors, and never the federation's, which is of another model. */
import assert from 'node:assert/strict';
import type { GlobalModel } from '../../../../lib/federation';
import { personalOptions } from '../../../../lib/federation/personal/options';
import {
  type PersonalModel,
  type PersonalParts,
  personalLearner,
} from '../../../../lib/federation/personal/personal-learner';
import { personalMessage } from '../../../../lib/federation/personal/personal-message';
import { enoughFor, ownThreshold } from '../../../../lib/federation/threshold';
import { SKETCH_ERROR } from '../../../../lib/metrics/quantile-sketch';
import { parseMessage } from '../../../../lib/update/validate';
import { diagonal, nine, patience, quadraticLearner, size, taskOf } from './quadratic-learner';

const weights = new Float32Array(size).fill(1);
const signal = new AbortController().signal;

function ditto(change: Partial<PersonalParts>) {
  const made: PersonalModel[] = [];
  const heard: GlobalModel[] = [];
  const said: string[] = [];
  const learner = personalLearner({
    model: nine,
    options: personalOptions({ method: 'ditto' }),
    learner: {
      ...quadraticLearner(diagonal(1, 2, 1, 2, 1, 2, 1, 2, 1), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      hear: (model) => heard.push(model),
    },
    onPersonal: (model) => made.push(model),
    onTrouble: ({ code }) => said.push(code),
    ...change,
  });
  return { learner, made, heard, said };
}

describe('the threshold of a personal model', () => {
  it('is asked for the personal weights at the quantile of the federation, and goes with them', async () => {
    const asked: [GlobalModel, number][] = [];
    const { learner, made, heard } = ditto({
      limit: async (model, quantile) => {
        asked.push([model, quantile]);
        return { value: 0.25, samples: 40 };
      },
    });
    await learner.learn({ ...taskOf(weights, {}, 3), threshold: 7, quantile: 0.9 }, patience);
    const [model] = made;
    assert.deepEqual(asked[0][0].weights, model.weights);
    assert.equal(asked[0][1], 0.9);
    assert.equal(heard[0].threshold, 0.25);
    const { fl } = parseMessage(personalMessage(model, { federation: 'f', client: 'north', model: nine }));
    assert.ok(fl.kind === 'model');
    assert.deepEqual(fl.threshold, { quantile: 0.9, value: 0.25, samples: 40, round: 3 });
  });

  it('is absent where none is wanted, where there are no samples for it, and where it fails; never the one of the federation', async () => {
    const cases: [Partial<PersonalParts>, number | undefined, string[]][] = [
      [{ limit: async () => ({ value: 1, samples: 1 }) }, undefined, []],
      [{ limit: async () => undefined }, 0.9, []],
      [{ limit: () => Promise.reject(new Error('gone')) }, 0.9, ['personal-figures']],
      [{}, 0.9, []],
    ];
    for (const [change, quantile, troubles] of cases) {
      const { learner, made, heard, said } = ditto(change);
      const task = { ...taskOf(weights), ...(quantile === undefined ? {} : { threshold: 7, quantile }) };
      await learner.learn(task, patience);
      assert.equal(heard[0].threshold, undefined);
      const { fl } = personalMessage(made[0], { federation: 'f', client: 'north', model: nine });
      assert.ok(fl.kind === 'model' && fl.threshold === undefined);
      assert.deepEqual(said, troubles);
    }
  });

  it('while there is no personal model yet, the model of the federation keeps its own', async () => {
    const { learner, made, heard } = ditto({ limit: () => Promise.reject(new Error('not to be asked')) });
    const news = { options: taskOf(weights).options, final: false };
    learner.hear?.({ weights, round: 2, threshold: 7, quantile: 0.9 }, news);
    await learner.settled();
    assert.deepEqual([made.length, heard[0].threshold], [0, 7]);
  });

  it('is the quantile of the errors on the samples, as near as the sketch is', async () => {
    const count = 1000;
    const spec = { ...nine.spec, task: 'anomaly' as const, input: [1] };
    // The model foretells 0: the error of x is x^2.
    const features = Float32Array.from({ length: count }, (_, i) => 1 + ((i * 617) % count) / count);
    const bank = { block: () => ({ features, targets: new Float32Array(0), count }) };
    const parts = { spec, bank, predict: async () => ({ outputs: new Float32Array(count) }) };
    for (const quantile of [0.5, 0.9, 0.995]) {
      const found = await ownThreshold(parts, { weights }, quantile, signal);
      const exact = [...features].sort((a, b) => a - b)[Math.ceil(quantile * count) - 1] ** 2;
      assert.equal(found?.samples, count);
      assert.ok(Math.abs((found?.value ?? 0) / exact - 1) <= SKETCH_ERROR + 2e-3, `${found?.value} is not ${exact}`);
    }
    const none = { ...parts, bank: { block: () => ({ features, targets: features, count: 0 }) } };
    assert.equal(await ownThreshold(none, { weights }, 0.9, signal), undefined);
    // 200 samples are the fewest of which one lies above 99.5 %.
    assert.deepEqual([enoughFor(0.995, 199), enoughFor(0.995, 201)], [false, true]);
  });
});
