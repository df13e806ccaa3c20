/**
 * FedNova (Wang 2020, arXiv 2007.07481): w <- w + (sum p_k a_k) sum p_k d_k / a_k, where a_k is how far the local rule would
 * go in its steps along a gradient of 1 with a rate of 1. So clients that do more steps do not pull the model their way.
 */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { moved } from './moved';
import { refuseSetting } from './parameters';
import type { Strategy, UpdateFacts } from './strategy';
import { bySamples } from './weights';

/** |a| of so many steps: section 4 of the paper, for plain, proximal and momentum steps. */
export function accumulated(
  steps: number,
  { learningRate, optimizer, momentum = 0.9, proximal = 0 }: TrainingOptions,
): number {
  if (optimizer === 'momentum' && momentum > 0) {
    return (steps - (momentum * (1 - momentum ** steps)) / (1 - momentum)) / (1 - momentum);
  }
  const shrink = learningRate * proximal;
  return shrink > 0 ? (1 - (1 - shrink) ** steps) / shrink : steps;
}

export function fednova(training: TrainingOptions): Strategy {
  const { optimizer, proximal = 0, learningRate, epochs, batchSize, maxSteps = Number.POSITIVE_INFINITY } = training;
  if (optimizer === 'adam') {
    refuseSetting(
      'Choose the optimiser SGD, with or without momentum, for FedNova: how far Adam goes depends on no count of steps.',
    );
  }
  if (proximal > 0 && optimizer === 'momentum') {
    refuseSetting('Choose momentum or the proximal term for FedNova: its paper says how to normalise each, not both.');
  }
  if (proximal * learningRate >= 1) {
    refuseSetting('Lower the proximal term or the learning rate for FedNova: their product must be below 1.');
  }

  /** Steps decide how far the model goes: no client may claim more than its samples take. */
  const stepsOf = ({ client, samples, metrics: { steps } }: UpdateFacts): number => {
    const most = Math.min(maxSteps, epochs * (training.fullBatch ? 1 : Math.ceil(samples / batchSize)));
    if (steps === undefined || !Number.isSafeInteger(steps) || steps < 1 || steps > most) {
      throw new RefusedError(
        'bad-steps',
        `The update of "${client}" says ${steps === undefined ? 'nothing of its steps' : `that it took ${steps} steps`}: FedNova needs how many of at most ${most} they were.`,
      );
    }
    return steps;
  };
  const reach = (update: UpdateFacts): number =>
    accumulated(stepsOf(update), { ...training, learningRate: update.learningRate ?? learningRate });

  return {
    name: 'fednova',
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: false,
    start: () => ({ numbers: {}, vectors: {} }),
    weigh: (update) => bySamples(update) / reach(update),
    apply(state, global, aggregate) {
      let counts = 0;
      let reached = 0;
      for (const update of aggregate.updates) {
        const count = bySamples(update);
        counts += count;
        reached += count * reach(update);
      }
      return { state, model: moved(global, aggregate.mean(0, counts), reached / counts) };
    },
  };
}
