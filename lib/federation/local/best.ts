/**
 * IFCA at a client (Ghosh 2020, arXiv 2006.04088): of the models that came it trains the one of least loss on its own rows, the
 * first of several alike. The others are not changed. In the first round it takes one by lot: models that nobody has trained yet
 * say nothing, and where the lot of all fell on one the others would never be taken.
 */
import { generator } from '../../random/generator';
import { RefusedError } from '../../refused';
import type { Learner, LearningControl, LearningTask, LocalUpdate } from '../learner';

/** `further`: the models behind `task.weights`. Rejects as the learner does, and with RefusedError when it cannot choose. */
export async function learnBest(
  learner: Learner,
  task: LearningTask,
  control: LearningControl,
  further: readonly Float32Array[],
): Promise<LocalUpdate> {
  if (!learner.lossOf) {
    throw new RefusedError(
      'no-loss',
      'What learns here cannot tell the loss of a model: choose a strategy without groups.',
    );
  }
  const models = [task.weights, ...further];
  const train = async (group: number): Promise<LocalUpdate> => ({
    ...(await learner.learn({ ...task, weights: models[group] }, control)),
    group,
  });
  if (task.round === 1) return train(generator(task.options.seed, 'group').below(models.length));
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, weights] of models.entries()) {
    const loss = await learner.lossOf({ ...task, weights }, control);
    control.signal.throwIfAborted();
    // One that is no number is never less.
    if (!(loss < least)) continue;
    best = i;
    least = loss;
  }
  return train(best);
}
