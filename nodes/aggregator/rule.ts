/** What stands in for the mean at an fl-aggregator, and when a client is no longer asked, as the library wants it. */
import type { QuarantineOptions } from '../../lib/federation/reputation';
import { ruleNames } from '../../lib/robust/create-rule';
import type { RuleOptions } from '../../lib/robust/options';
import type { Settings } from '../shared/red';
import { choice, number, text } from '../shared/settings';

/** Absent where the field is empty: the rule knows a default. */
function optional(settings: Settings, name: string, limits: Parameters<typeof number>[3]): number | undefined {
  return text(settings, name) === '' ? undefined : number(settings, name, 0, limits);
}

export function ruleOf(settings: Settings): RuleOptions {
  const name = choice(settings, 'rule', ruleNames, 'mean');
  const f = (least: number): number => number(settings, 'ruleF', 1, { min: least, max: 4096, integer: true });
  const iterations = (most: number): number =>
    number(settings, 'ruleIterations', most, { min: 1, max: 1000, integer: true });
  const weights = (): 'samples' | 'uniform' =>
    choice(settings, 'ruleWeights', ['uniform', 'samples'] as const, 'uniform');
  switch (name) {
    case 'median':
    case 'krum':
    case 'bulyan':
      return { name, f: f(0) };
    case 'multi-krum': {
      const m = optional(settings, 'ruleKeep', { min: 1, max: 1e6, integer: true });
      return { name, f: f(0), ...(m === undefined ? {} : { m }) };
    }
    case 'trimmed-mean':
      return { name, f: f(1), beta: number(settings, 'ruleTrim', 20, { min: 0.001, max: 49.999 }) / 100 };
    case 'geometric-median':
      return { name, weights: weights(), iterations: iterations(100) };
    case 'norm-bound': {
      const bound = optional(settings, 'ruleBound', { min: 1e-12, max: 1e12 });
      const above = choice(settings, 'ruleAbove', ['clip', 'zero'] as const, 'clip');
      return { name, weights: weights(), above, ...(bound === undefined ? {} : { bound }) };
    }
    case 'centered-clip': {
      const tau = optional(settings, 'ruleBound', { min: 1e-12, max: 1e12 });
      return { name, iterations: iterations(5), ...(tau === undefined ? {} : { tau }) };
    }
    case 'flame':
      return { name, lambda: number(settings, 'ruleNoise', 0.001, { min: 0, max: 100 }) };
    case 'foolsgold':
      return { name, kappa: number(settings, 'ruleKappa', 1, { min: 0.001, max: 1000 }) };
    default:
      return { name };
  }
}

export function quarantineOf(settings: Settings): QuarantineOptions | undefined {
  if (choice(settings, 'quarantine', ['off', 'on'] as const, 'off') === 'off') return undefined;
  return { rounds: number(settings, 'quarantineRounds', 1000, { min: 2, max: 1e9, integer: true }) };
}
