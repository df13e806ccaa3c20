/** FedAdam (Reddi 2021, arXiv 2003.00295): v <- beta2 v + (1 - beta2) D^2. */
import { adaptive } from './adaptive';
import type { OptionsOf } from './options';
import { decay } from './parameters';
import type { Strategy } from './strategy';

export function fedadam({
  beta1 = 0.9,
  beta2 = 0.99,
  tau = 1e-3,
  serverLearningRate = 0.01,
}: OptionsOf<'fedadam'>): Strategy {
  decay(beta2, 'beta2');
  return adaptive('fedadam', { beta1, tau, serverLearningRate }, (v, square) => beta2 * v + (1 - beta2) * square);
}
