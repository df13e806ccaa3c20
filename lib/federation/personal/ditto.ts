/**
 * Ditto (Li et al. 2021, arXiv 2012.04221): beside its part in the federation, each client trains a model v of its own that is
 * pulled to the federation's: v <- v - rate (grad F(v) + lambda (v - w)). Nothing of v is sent.
 */
import { streamSeed } from '../../random/generator';
import { atHomeTask, type Method } from './method';
import type { DittoOptions } from './options';

export const ditto = ({ lambda, personalEpochs }: DittoOptions): Method => ({
  async learn(task, { own = task.weights, train }) {
    const { local } = await train(task, task.options.epochs);
    const beside = atHomeTask({ ...task, weights: own }, task.options, {
      epochs: personalEpochs,
      proximal: lambda,
      seed: streamSeed(task.options.seed, 'ditto'),
    });
    const { weights } = await train({ ...beside, anchor: task.weights }, personalEpochs);
    return { local, own: weights, personal: weights };
  },
  // v changes in the rounds that the client takes part in.
  follow: async (_, { latest }) => ({ personal: latest }),
});
