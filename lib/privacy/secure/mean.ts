/** What the aggregator reads of a sum from which all masks are taken: the weighted mean, and nothing else. */
import { RefusedError } from '../../refused';
import type { SecureSettings } from '../../update/message';
import { dequantise } from './quantise';
import { ring } from './settings';

export interface SecureMean {
  /** The mean of the updates by their weights. */
  mean: Float32Array;
  /** Samples behind it, none counted beyond `maxSamples` of a client; without that, the clients. */
  samples: number;
}

const wrong = (): never => {
  throw new RefusedError(
    'secure-shares',
    'The sum of the masked updates cannot be: one of the clients has masked otherwise than it was told. The round is void.',
  );
};

/**
 * `sum`: of `clients` masked updates, with no mask left on it. Throws RefusedError 'secure-shares' for one that no such
 * updates have: most of those that a wrong mask spoils, since half of the ring stays empty. `beyond`: how far their noise
 * may bring a sum out of where the codes are.
 */
export function meanOfSum(sum: Uint32Array, settings: SecureSettings, clients: number, beyond = 0): SecureMean {
  const { range, maxSamples } = settings;
  const size = sum.length - 1;
  const most = clients * range;
  const weight = sum[size];
  if (weight < clients || weight > most) wrong();
  for (let i = 0; i < size; i++) if (sum[i] > most + beyond && sum[i] < ring - beyond) wrong();
  const numbers = dequantise(sum.subarray(0, size), settings, clients);
  const mean = new Float32Array(size);
  const part = weight / range;
  for (let i = 0; i < size; i++) mean[i] = numbers[i] / part;
  return { mean, samples: maxSamples === undefined ? clients : Math.max(1, Math.round(part * maxSamples)) };
}
