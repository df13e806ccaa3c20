/**
 * FedAvg (McMahan 2017, arXiv 1602.05629): w <- w + sum p_k d_k with p_k = n_k / sum n.
 * Under central privacy the weights are all 1, as the noise is proved for the uniform mean only (arXiv 1710.06963).
 */
import { plainMean } from './mean';
import type { Strategy } from './strategy';

export const fedavg = (): Strategy => plainMean('fedavg');
