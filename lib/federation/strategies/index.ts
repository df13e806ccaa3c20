/** The strategies by name. */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { clustered } from './clustered';
import { fedadagrad } from './fedadagrad';
import { fedadam } from './fedadam';
import { fedavg } from './fedavg';
import { fedavgm } from './fedavgm';
import { feddyn } from './feddyn';
import { fednova } from './fednova';
import { fedprox } from './fedprox';
import { fedsgd } from './fedsgd';
import { fedyogi } from './fedyogi';
import { ifca } from './ifca';
import type { StrategyName, StrategyOptions } from './options';
import { qfedavg } from './qfedavg';
import { scaffold } from './scaffold';
import type { Strategy } from './strategy';

/** In the order in which they are offered. */
export const strategyNames: readonly StrategyName[] = [
  ...(['fedavg', 'fedsgd', 'fedprox', 'scaffold', 'fednova', 'feddyn'] as const),
  ...(['fedavgm', 'fedadagrad', 'fedadam', 'fedyogi', 'qfedavg'] as const),
  ...(['ifca', 'clustered'] as const),
];

/**
 * `training`: what the person wished for the clients. Throws RefusedError 'bad-setting' with what to change: a strategy that
 * does not exist, a parameter out of range, or a training with which the strategy is not what its paper proves.
 */
export function createStrategy(options: StrategyOptions, training: TrainingOptions): Strategy {
  switch (options.name) {
    case 'fedavg':
      return fedavg();
    case 'fedsgd':
      return fedsgd(training);
    case 'fedprox':
      return fedprox(options, training);
    case 'scaffold':
      return scaffold(options, training);
    case 'fednova':
      return fednova(training);
    case 'feddyn':
      return feddyn(options, training);
    case 'fedavgm':
      return fedavgm(options);
    case 'fedadagrad':
      return fedadagrad(options);
    case 'fedadam':
      return fedadam(options);
    case 'fedyogi':
      return fedyogi(options);
    case 'qfedavg':
      return qfedavg(options, training);
    case 'ifca':
      return ifca(options);
    case 'clustered':
      return clustered(options);
    default: {
      const { name } = options as { name: unknown };
      throw new RefusedError(
        'bad-setting',
        `Choose a strategy that exists (${strategyNames.join(', ')}): "${String(name)}" does not.`,
      );
    }
  }
}
