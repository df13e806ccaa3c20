/**
 * FedProx (Li 2020, arXiv 1812.06127): FedAvg of clients whose loss has the term mu/2 |w - w0|^2, which holds them near to
 * the model that they got. The same term goes with the other strategies as `proximal` of the training.
 */
import type { TrainingOptions } from '../../training/engine';
import { plainMean } from './mean';
import type { OptionsOf } from './options';
import { refuseSetting, upTo } from './parameters';
import type { Strategy } from './strategy';

export function fedprox({ mu = 0.01 }: OptionsOf<'fedprox'>, { proximal }: TrainingOptions): Strategy {
  upTo(mu, 'mu', 1e6);
  if (proximal !== undefined && proximal !== mu) {
    refuseSetting(`Set the proximal term once: mu of FedProx is ${mu}, the training says ${proximal}.`);
  }
  return plainMean('fedprox', { proximal: mu });
}
