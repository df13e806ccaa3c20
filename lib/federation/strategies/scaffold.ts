/**
 * SCAFFOLD (Karimireddy 2020, arXiv 1910.06378): y <- y - lr (g(y) - c_i + c) at the clients, which keep c_i; here
 * w <- w + eta mean(dy), c <- c + (|S| / N) mean(dc). Each client counts alike. c travels behind the model, dc behind dy.
 */
import type { TrainingOptions } from '../../training/engine';
import { moved } from './moved';
import type { OptionsOf } from './options';
import { positive, refuseSetting } from './parameters';
import { meanAfter } from './spread';
import type { Strategy } from './strategy';
import { alike } from './weights';

export function scaffold(
  { option = 2, serverLearningRate = 1 }: OptionsOf<'scaffold'>,
  { optimizer, proximal, clipNorm }: TrainingOptions,
): Strategy {
  if (option !== 1 && option !== 2) refuseSetting(`Choose option 1 or 2 of SCAFFOLD: ${String(option)} is neither.`);
  positive(serverLearningRate, 'the server learning rate');
  if (optimizer !== 'sgd') {
    refuseSetting('Choose the optimiser SGD for SCAFFOLD: its control vectors correct plain gradient steps only.');
  }
  if (proximal) {
    refuseSetting(
      'Take the proximal term away for SCAFFOLD: the control vectors do its work, and would learn it as a gradient.',
    );
  }
  if (option === 2 && clipNorm) {
    refuseSetting(
      'Set the clip norm to 0 or choose option 1 of SCAFFOLD: option 2 reads gradients off the steps, and clipped ones are none.',
    );
  }
  return {
    name: 'scaffold',
    needs: 'fold',
    vectorsPerUpdate: 2,
    uniformMean: true,
    local: { name: 'scaffold', option },
    start: (size) => ({ numbers: { clients: 0 }, vectors: { control: new Float32Array(size) } }),
    weigh: alike,
    broadcast: ({ vectors }) => [vectors.control],
    apply({ numbers, vectors }, global, aggregate) {
      const { updates, clients } = aggregate;
      const control = meanAfter(vectors.control, numbers.clients, aggregate.mean(1), 1, updates.length, clients);
      return {
        state: { numbers: { clients }, vectors: { control } },
        model: moved(global, aggregate.mean(0), serverLearningRate),
      };
    },
  };
}
