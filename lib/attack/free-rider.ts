/**
 * Who sends without learning, to be given the model (Lin et al. 2019, arXiv 1911.12560; Fraboni et al. 2021, arXiv
 * 2006.11901): nothing, noise, or the change that the global model has just made, at a norm that raises no doubt.
 */
import type { Generator } from '../random/generator';
import { normOf } from '../update/vector';

export interface FreeRide {
  sends: 'zero' | 'noise' | 'earlier';
  norm: number;
  /** The last change of the global model; none is known before the second round. */
  change?: Float32Array;
}

export function freeRide(length: number, { sends, norm, change }: FreeRide, random: Generator): Float32Array {
  if (sends === 'zero') return new Float32Array(length);
  const vector =
    sends === 'noise' ? Float32Array.from({ length }, () => random.normal()) : (change ?? new Float32Array(length));
  const own = normOf(vector);
  return own === 0 ? new Float32Array(length) : vector.map((value) => (value * norm) / own);
}
