/**
 * FedSGD (McMahan 2017, arXiv 1602.05629): each client does one step over all of its samples, so that the mean of the
 * local models is one step of gradient descent on the whole, w <- w - eta sum p_k g_k.
 */
import type { TrainingOptions } from '../../training/engine';
import { plainMean } from './mean';
import { refuseSetting } from './parameters';
import type { Strategy } from './strategy';

export function fedsgd({ optimizer, proximal, adversarial }: TrainingOptions): Strategy {
  if (optimizer !== 'sgd') {
    refuseSetting('Choose the optimiser SGD for FedSGD: in its one step the others have nothing to remember.');
  }
  if (proximal) refuseSetting('Take the proximal term away for FedSGD: in one step from the model it is nothing.');
  if (adversarial) {
    refuseSetting(
      'Take adversarial samples away for FedSGD: they are made for mini-batches, and it takes all samples at once.',
    );
  }
  return plainMean('fedsgd', { epochs: 1, maxSteps: 1, fullBatch: true });
}
