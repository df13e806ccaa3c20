/** NaN or infinity in one number, drawn, or in all: averaged once, it ruins the model for good. */
import type { Generator } from '../random/generator';

export function notFinite(
  update: Float32Array,
  value: 'nan' | 'infinity',
  where: 'one' | 'all',
  random: Generator,
): Float32Array {
  const number = value === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
  if (where === 'all') return update.map(() => number);
  const spoilt = update.slice();
  if (spoilt.length > 0) spoilt[random.below(spoilt.length)] = number;
  return spoilt;
}
