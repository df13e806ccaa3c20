/** The strategies by name. */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { fedavg } from './fedavg';
import type { StrategyName, StrategyOptions } from './options';
import type { Strategy } from './strategy';

type Makers = {
  [N in StrategyName]: (options: Extract<StrategyOptions, { name: N }>, training: TrainingOptions) => Strategy;
};

const makers: Makers = { fedavg: () => fedavg };

export const strategyNames = (): StrategyName[] => Object.keys(makers) as StrategyName[];

/**
 * `training`: what the person wished for the clients. Throws RefusedError 'bad-setting' with what to change: a strategy that
 * does not exist, a parameter out of range, or a training with which the strategy is not what its paper proves.
 */
export function createStrategy(options: StrategyOptions, training: TrainingOptions): Strategy {
  const { name } = options;
  if (!Object.hasOwn(makers, name)) {
    throw new RefusedError(
      'bad-setting',
      `Choose a strategy that exists (${strategyNames().join(', ')}): "${name}" does not.`,
    );
  }
  return makers[name](options, training);
}
