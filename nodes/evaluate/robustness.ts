/** The robustness figure of a model, as the settings ask for it. */
import type { ModelSpec } from '../../lib/model/spec';
import { RefusedError } from '../../lib/refused';
import type { Robustness } from '../../lib/robustness/job';
import type { SampleBlock } from '../../lib/training/engine';
import type { Pool } from '../../lib/training/pool';
import type { GlobalModel } from '../shared/global-model';
import type { Model } from '../shared/model';
import type { Settings } from '../shared/red';
import { flag, list, number } from '../shared/settings';

export interface RobustnessOptions {
  strengths: number[];
  steps: number;
  /** At most so many samples are moved. */
  most: number;
}

/** undefined: not asked for. Throws RefusedError. */
export function robustnessOptions(settings: Settings, spec: ModelSpec): RobustnessOptions | undefined {
  if (!flag(settings, 'robustness', false)) return undefined;
  if (spec.task !== 'classify') {
    throw new RefusedError('robustness', 'Robustness is measured of classifiers: take the tick from "Robustness".');
  }
  const strengths = list(settings, 'strengths').map(Number);
  const rising = strengths.every((one, i) => Number.isFinite(one) && one > (i > 0 ? strengths[i - 1] : 0));
  if (strengths.length > 8 || !rising) {
    throw new RefusedError(
      'bad-setting',
      'Set "strengths" to at most 8 rising numbers above zero, such as 0.1, 0.2, 0.4.',
    );
  }
  return {
    strengths: strengths.length > 0 ? strengths : [0.1, 0.2, 0.4],
    steps: number(settings, 'attackSteps', 10, { min: 1, max: 1000, integer: true }),
    most: number(settings, 'attacked', 500, { min: 1, max: 1e6, integer: true }),
  };
}

/** On the newest samples. */
export function measureRobust(
  pool: Pool,
  { spec, engine }: Model,
  { weights, normalisation, trained }: GlobalModel,
  { features, targets, count }: SampleBlock,
  { strengths, steps, most }: RobustnessOptions,
  signal: AbortSignal,
): Promise<Robustness> {
  const rows = Math.min(most, count);
  const width = features.length / count;
  const samples = {
    features: features.slice((count - rows) * width),
    targets: targets.slice(count - rows),
    count: rows,
  };
  const job = { spec, weights, normalisation, samples, strengths, steps, seed: trained };
  return pool.robustness(job, { signal, engine });
}
