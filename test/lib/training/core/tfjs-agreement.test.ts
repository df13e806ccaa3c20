import assert from 'node:assert/strict';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import { createTfjsEngine } from '../../../../lib/training/tfjs/engine';
import { cases, optionCases } from '../../../core/cases';

const core = createCoreEngine();
const tfjs = createTfjsEngine({ native: false });

describe('core engine against tfjs', () => {
  if (typeof tfjs === 'string') throw new Error(tfjs);
  after(() => tfjs.dispose());

  for (const { name, job } of cases()) {
    it(`${name}: the gradient of a batch`, async () => {
      // One step of SGD with rate 1 moves the weights by the gradient, which tfjs gets by its own differentiation.
      const options = { epochs: 1, batchSize: job.samples.count, optimizer: 'sgd' as const, learningRate: 1, seed: 1 };
      const mine = await core.train({ ...job, options });
      const theirs = await tfjs.train({ ...job, options });
      const gradient = theirs.weights.map((w, i) => job.weights[i] - w);
      const largest = Math.max(...gradient.map(Math.abs));
      const apart = Math.max(...mine.weights.map((w, i) => Math.abs(w - theirs.weights[i])));
      assert.ok(largest > 1e-4, 'there is a gradient');
      assert.ok(apart <= 2e-5 * (1 + largest), `${apart} apart, largest ${largest}`);
      assert.ok(Math.abs(mine.loss - theirs.loss) <= 1e-5 * (1 + theirs.loss));
    });
  }

  for (const { name, job } of optionCases()) {
    it(`${name}: the same weights after the whole job`, async () => {
      const mine = await core.train(job);
      const theirs = await tfjs.train(job);
      assert.equal(mine.steps, theirs.steps);
      const apart = Math.max(...mine.weights.map((w, i) => Math.abs(w - theirs.weights[i])));
      const moved = Math.max(...theirs.weights.map((w, i) => Math.abs(w - job.weights[i])));
      assert.ok(apart <= 1e-3 * moved, `${apart} apart after moving ${moved}`);
    });
  }
});
