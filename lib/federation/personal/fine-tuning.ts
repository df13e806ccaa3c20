/** Local fine-tuning: the federation's model, trained some epochs more on the client's own samples, which nobody else sees. */
import { streamSeed } from '../../random/generator';
import type { TrainingOptions } from '../../training/engine';
import type { GlobalModel } from '../learner';
import { atHomeTask, type Home, type Method } from './method';
import type { FineTuningOptions } from './options';

export function fineTuning({ personalEpochs, personalRate, tuneEvery }: FineTuningOptions): Method {
  const isDue = ({ round }: GlobalModel): boolean => (round - 1) % tuneEvery === 0;
  const tune = async (model: GlobalModel, options: TrainingOptions, home: Home) => {
    const task = atHomeTask(model, options, {
      epochs: personalEpochs,
      learningRate: personalRate ?? options.learningRate,
      seed: streamSeed(options.seed, 'fine-tuning'),
    });
    const { weights } = await home.train(task, personalEpochs);
    return { own: weights, personal: weights };
  };
  return {
    async learn(task, home) {
      const { local } = await home.train(task, task.options.epochs);
      return { local, ...(isDue(task) ? await tune(task, task.options, home) : {}) };
    },
    follow: async (model, home) => (model.final || isDue(model) ? tune(model, model.options, home) : {}),
  };
}
