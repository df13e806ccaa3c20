/** FedAdagrad (Reddi 2021, arXiv 2003.00295): v <- v + D^2. beta1 is 0 in the paper's experiments. */
import { adaptive } from './adaptive';
import type { OptionsOf } from './options';
import type { Strategy } from './strategy';

export const fedadagrad = ({ beta1 = 0, tau = 1e-3, serverLearningRate = 0.1 }: OptionsOf<'fedadagrad'>): Strategy =>
  adaptive('fedadagrad', { beta1, tau, serverLearningRate }, (v, square) => v + square);
