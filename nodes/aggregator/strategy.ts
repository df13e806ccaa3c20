/** The strategy of an fl-aggregator and its parameters; what is left empty has the strategy's default. */
import { strategyNames } from '../../lib/federation/strategies';
import type { StrategyOptions } from '../../lib/federation/strategies/options';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export function strategyOf(settings: Settings): StrategyOptions {
  const name = choice(settings, 'strategy', strategyNames, 'fedavg');
  /** Those that are given; the library checks their ranges. */
  const given = <F extends string>(...fields: F[]): { [N in F]?: number } => {
    const found = fields.map((field): [F, number] => [field, number(settings, field, Number.NaN)]);
    return Object.fromEntries(found.filter(([, value]) => !Number.isNaN(value))) as { [N in F]?: number };
  };
  const renamed = <F extends string>(parameter: F, field: string): { [N in F]?: number } => {
    const value = number(settings, field, Number.NaN);
    return (Number.isNaN(value) ? {} : { [parameter]: value }) as { [N in F]?: number };
  };
  switch (name) {
    case 'fedavg':
    case 'fedsgd':
    case 'fednova':
      return { name };
    case 'fedprox':
      return { name, ...given('mu') };
    case 'scaffold': {
      const option = choice(settings, 'option', ['1', '2'] as const, '2') === '1' ? 1 : 2;
      return { name, option, ...given('serverLearningRate') };
    }
    case 'feddyn':
      return { name, ...given('alpha') };
    case 'fedavgm':
      return { name, ...given('beta', 'serverLearningRate') };
    case 'fedadagrad':
      return { name, ...given('beta1', 'tau', 'serverLearningRate') };
    case 'fedadam':
    case 'fedyogi':
      return { name, ...given('beta1', 'beta2', 'tau', 'serverLearningRate') };
    case 'qfedavg':
      // The editor keeps no field of one letter; a flow made by hand may have it.
      return { name, ...given('q'), ...renamed('q', 'fairness') };
    case 'ifca':
      return { name, ...given('groups') };
    case 'clustered':
      return { name, ...given('eps1', 'eps2', 'minGroup', 'maxGroups') };
  }
}

/** Strategies that have the field "proximal" of the training: the others have a term of their own, or none is allowed. */
export const takesProximal = ({ name }: StrategyOptions): boolean =>
  !['fedsgd', 'fedprox', 'scaffold', 'feddyn'].includes(name);
