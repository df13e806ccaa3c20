/**
 * FedRep (Collins et al. 2021, arXiv 2102.07078): first the client's own layers learn, the shared ones frozen; then the shared
 * ones learn, its own frozen. Only the change of the shared ones is sent.
 */
import type { Layout } from '../../model/layout';
import { streamSeed } from '../../random/generator';
import type { TrainingOptions } from '../../training/engine';
import type { GlobalModel } from '../learner';
import { compose, privateTensors } from './layers';
import { atHomeTask, type Home, type Method } from './method';
import type { FedRepOptions } from './options';

export function fedRep({ privateLayers, personalEpochs }: FedRepOptions, layout: Layout): Method {
  const atHome = privateTensors(layout, privateLayers);
  const shared = atHome.map((is) => !is);
  const trainOwn = async (model: GlobalModel, options: TrainingOptions, { own, train }: Home) => {
    const weights = own ? compose(layout, atHome, model.weights, own) : model.weights;
    const seed = streamSeed(options.seed, 'own layers');
    const task = atHomeTask({ ...model, weights }, options, { epochs: personalEpochs, seed });
    return (await train({ ...task, trainable: atHome }, personalEpochs)).weights;
  };
  return {
    atHome,
    async learn(task, home) {
      const personal = await trainOwn(task, task.options, home);
      const { local } = await home.train({ ...task, weights: personal, trainable: shared }, task.options.epochs);
      return { local, own: personal, personal };
    },
    async follow(model, home) {
      const personal = await trainOwn(model, model.options, home);
      return { own: personal, personal };
    },
  };
}
