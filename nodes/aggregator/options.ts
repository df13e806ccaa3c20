/** The settings of an fl-aggregator, as the library wants them. */
import type { ClassWeighting } from '../../lib/data/class-weights';
import type { FederationOptions } from '../../lib/federation/options';
import type { TimingOptions } from '../../lib/federation/timing/options';
import type { TrainingOptions } from '../../lib/training/engine';
import { RefusedError } from '../../lib/update/message';
import type { Settings } from '../shared/red';
import { choice, flag, list, number } from '../shared/settings';
import { robustTraining } from './robust-training';
import { quarantineOf, ruleOf } from './rule';
import { samplerOf } from './sampler';
import { scheduleOf } from './schedule';
import { secureOf } from './secure';
import { strategyOf, takesProximal } from './strategy';
import { sendingOf, timingOf } from './timing';

const COUNT = { min: 1, max: 1e6, integer: true } as const;
const SEED = { min: 0, max: 0xffffffff, integer: true } as const;

function classWeighting(settings: Settings): ClassWeighting | undefined {
  const name = choice(settings, 'classWeighting', ['typed', 'balanced', 'effective-number'] as const, 'typed');
  if (name === 'typed') return undefined;
  const cap = number(settings, 'classWeightCap', 10, { min: 1, max: 1e6 });
  if (name === 'balanced') return { name, cap };
  return { name, beta: number(settings, 'classWeightBeta', 0.999, { min: 0, max: 0.9999999 }), cap };
}

/** Labels are counted again for automatic weights, beside a round; 0: never. */
function countEvery(settings: Settings, timing: TimingOptions): number | undefined {
  if (timing.mode === 'async' || !classWeighting(settings)) return undefined;
  return number(settings, 'countEvery', 0, { min: 0, max: 1e6, integer: true }) || undefined;
}

function training(settings: Settings, labels: readonly string[] | undefined): TrainingOptions {
  const optimizer = choice(settings, 'optimizer', ['sgd', 'momentum', 'adam'] as const, 'sgd');
  const classWeights = classWeighting(settings) ? [] : list(settings, 'classWeights').map(Number);
  if (classWeights.length > 0) {
    if (!classWeights.every((weight) => Number.isFinite(weight) && weight > 0)) {
      throw new RefusedError('bad-setting', 'Set the class weights to positive numbers with commas between.');
    }
    if (classWeights.length !== labels?.length) {
      throw new RefusedError(
        'bad-setting',
        labels
          ? `Set one class weight for each of the ${labels.length} labels: there are ${classWeights.length}.`
          : 'Class weights belong to a classifier: leave them empty for this model.',
      );
    }
  }
  const l2 = number(settings, 'l2', 0, { min: 0, max: 100 });
  const focalGamma = number(settings, 'focalGamma', 0, { min: 0, max: 100 });
  const clipNorm = number(settings, 'clipNorm', 0, { min: 0, max: 1e6 });
  return {
    epochs: number(settings, 'epochs', 1, { min: 1, max: 10_000, integer: true }),
    batchSize: number(settings, 'batchSize', 16, { min: 1, max: 65_536, integer: true }),
    optimizer,
    learningRate: number(settings, 'learningRate', 0.05, { min: Number.MIN_VALUE, max: 100 }),
    ...(optimizer === 'momentum' ? { momentum: number(settings, 'momentum', 0.9, { min: 0, max: 0.999999 }) } : {}),
    ...(l2 > 0 ? { l2 } : {}),
    ...(clipNorm > 0 ? { clipNorm } : {}),
    ...(focalGamma > 0 ? { focalGamma } : {}),
    ...(classWeights.length > 0 ? { classWeights } : {}),
    ...robustTraining(settings),
    seed: number(settings, 'seed', 1, SEED),
  };
}

/** `labels`: of the model, for the class weights. Throws RefusedError with one sentence that says what to mend. */
export function aggregatorOptions(
  settings: Settings,
  labels: readonly string[] | undefined,
): Partial<FederationOptions> {
  const quorum = number(settings, 'quorum', 2, COUNT);
  const timing = timingOf(settings);
  const strategy = strategyOf(settings);
  const proximal = number(settings, 'proximal', 0, { min: 0, max: 1e6 });
  return {
    rounds: number(settings, 'rounds', 20, { min: 0, max: 1e9, integer: true }),
    minClients: number(settings, 'minClients', 2, COUNT),
    quorum,
    deadlineMs: Math.round(1000 * number(settings, 'deadline', 60, { min: 0.1, max: 2e6 })),
    pauseMs: Math.round(1000 * number(settings, 'pause', 0, { min: 0, max: 2e6 })),
    autoStart: choice(settings, 'start', ['auto', 'message'] as const, 'auto') === 'auto',
    sampler: samplerOf(settings, quorum),
    timing,
    sending: sendingOf(settings),
    secure: secureOf(settings),
    strategy,
    rule: ruleOf(settings),
    quarantine: quarantineOf(settings),
    training: { ...training(settings, labels), ...(takesProximal(strategy) && proximal > 0 ? { proximal } : {}) },
    schedule: scheduleOf(settings),
    classWeighting: classWeighting(settings),
    countEvery: countEvery(settings, timing),
    threshold:
      choice(settings, 'threshold', ['none', 'quantile'] as const, 'none') === 'quantile'
        ? { quantile: number(settings, 'quantile', 0.995, { min: 1e-6, max: 1 - 1e-9 }) }
        : undefined,
    unlikeness: flag(settings, 'unlikeness', false),
  };
}
