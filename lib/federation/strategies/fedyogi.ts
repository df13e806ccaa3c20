/** FedYogi (Reddi 2021, arXiv 2003.00295): v <- v - (1 - beta2) D^2 sign(v - D^2), so that v shrinks slowly. */
import { adaptive } from './adaptive';
import type { OptionsOf } from './options';
import { decay } from './parameters';
import type { Strategy } from './strategy';

export function fedyogi({
  beta1 = 0.9,
  beta2 = 0.99,
  tau = 1e-3,
  serverLearningRate = 0.01,
}: OptionsOf<'fedyogi'>): Strategy {
  decay(beta2, 'beta2');
  return adaptive(
    'fedyogi',
    { beta1, tau, serverLearningRate },
    (v, square) => v - (1 - beta2) * square * Math.sign(v - square),
  );
}
