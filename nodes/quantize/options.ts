/** Reads how an update is to be quantised from the stored settings: those of the chosen method alone count. */
import type { QuantizeMethod } from '../../lib/update/codecs/methods';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

const methods = ['grid', 'eden', 'drive', 'terngrad', 'qsgd'] as const;

const whole = (settings: Settings, field: string, fallback: number, min: number, max: number): number =>
  number(settings, field, fallback, { min, max, integer: true });

export function readMethod(settings: Settings): QuantizeMethod {
  const method = choice(settings, 'method', methods, 'grid');
  switch (method) {
    case 'eden':
      return { method, bits: whole(settings, 'edenBits', 2, 1, 4) };
    case 'drive':
      return { method, rotation: choice(settings, 'rotation', ['hadamard', 'none'] as const, 'hadamard') };
    case 'terngrad':
      return { method, clipping: number(settings, 'clipping', 2.5, { min: 0, max: 1000 }) };
    case 'qsgd':
      return {
        method,
        levels: whole(settings, 'levels', 16, 1, 255),
        bucket: whole(settings, 'bucket', 512, 1, 32_767),
      };
  }
  const bits = whole(settings, 'bits', 8, 1, 16);
  return {
    method,
    bits,
    rounding: choice(settings, 'rounding', ['nearest', 'stochastic'] as const, 'nearest'),
    per: choice(settings, 'scale', ['tensor', 'channel'] as const, 'tensor'),
    // One bit has no symmetric grid.
    grid: bits === 1 ? 'affine' : choice(settings, 'grid', ['symmetric', 'affine'] as const, 'symmetric'),
  };
}
