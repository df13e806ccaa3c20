/** The ways to spend fewer bits on each number of an update, as people choose them. */
import type { UpdateHeader } from '../message';
import type { DriveOptions } from './drive';
import type { EdenOptions } from './eden';
import { defaultLevels, mostLevels, type QsgdOptions } from './qsgd';
import type { QuantizeOptions } from './quantize';
import { applyCodec, type Coded, type Registry } from './registry';
import { risenLevels } from './rising-levels';
import type { TernGradOptions } from './terngrad';

/** Without `method`: a grid, as before there were others. */
export type QuantizeMethod =
  | ({ method?: 'grid' } & Omit<QuantizeOptions, 'seed'>)
  | ({ method: 'drive' } & Omit<DriveOptions, 'seed'>)
  | ({ method: 'eden' } & Omit<EdenOptions, 'seed'>)
  | { method: 'sign' }
  | { method: 'bfloat16' }
  | ({ method: 'terngrad' } & Omit<TernGradOptions, 'seed'>)
  | ({ method: 'qsgd' } & Omit<QsgdOptions, 'seed'>);

/** How the same is done where what it leaves out goes with the next update (error feedback): with the least error. */
export function withFeedback(options: QuantizeMethod): QuantizeMethod {
  return options.method === 'drive' || options.method === 'eden'
    ? { ...options, scale: 'least-error' as const }
    : options;
}

/** With the levels of QSGD risen as far as the loss has fallen (AdaQuantFL); other methods as they are. */
export function finerBy(options: QuantizeMethod, losses: { first: number; now: number } | undefined): QuantizeMethod {
  if (options.method !== 'qsgd' || !losses) return options;
  const { levels = defaultLevels } = options;
  return { ...options, levels: risenLevels(levels, losses.first, losses.now, mostLevels) };
}

/** Adds the step of the method. `seed`: of what is left to chance in this one update. Throws RefusedError as applyCodec does. */
export function quantizeUpdate(
  update: { payload: Buffer; fl: Pick<UpdateHeader, 'codecs' | 'privacy' | 'tensors'> },
  { method = 'grid', ...options }: QuantizeMethod,
  seed: number,
  registry?: Registry,
): Coded {
  return applyCodec(update, method === 'grid' ? 'quantize' : method, { ...options, seed }, registry);
}
