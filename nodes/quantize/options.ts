/** Reads how an update is to be quantised from the stored settings: those of the chosen method alone count. */
import { type QuantizeMethod, withFeedback } from '../../lib/update/codecs/methods';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export interface Options {
  method: QuantizeMethod;
  /** Whether what is left out of an update goes with the next one. */
  feedback: boolean;
  /** Whether the levels of QSGD rise as the loss falls. */
  isRising: boolean;
  seed: number;
}

const methods = ['grid', 'eden', 'drive', 'sign', 'terngrad', 'qsgd', 'bfloat16'] as const;

const whole = (settings: Settings, field: string, fallback: number, min: number, max: number): number =>
  number(settings, field, fallback, { min, max, integer: true });

function readMethod(settings: Settings): QuantizeMethod {
  const method = choice(settings, 'method', methods, 'grid');
  switch (method) {
    case 'eden':
      return { method, bits: whole(settings, 'edenBits', 2, 1, 4) };
    case 'drive':
      return { method, rotation: choice(settings, 'rotation', ['hadamard', 'none'] as const, 'hadamard') };
    case 'sign':
    case 'bfloat16':
      return { method };
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

/** Signs alone are never right on average, so that they always have it; errors by chance that are, or may be larger than the update, never. */
function hasFeedback(settings: Settings, options: QuantizeMethod): boolean {
  const isChosen = choice(settings, 'feedback', ['none', 'residual'] as const, 'none') === 'residual';
  switch (options.method) {
    case 'sign':
      return true;
    case 'terngrad':
    case 'qsgd':
    case 'bfloat16':
      return false;
    case 'eden':
    case 'drive':
      return isChosen;
  }
  return isChosen && options.rounding === 'nearest';
}

export function readOptions(settings: Settings): Options {
  const options = readMethod(settings);
  const feedback = hasFeedback(settings, options);
  return {
    method: feedback ? withFeedback(options) : options,
    feedback,
    isRising: options.method === 'qsgd' && choice(settings, 'levelsBy', ['fixed', 'loss'] as const, 'fixed') === 'loss',
    seed: whole(settings, 'seed', 1, 0, 0xffffffff),
  };
}
