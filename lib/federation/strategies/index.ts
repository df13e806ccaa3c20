/** The strategies by name. */
import { RefusedError } from '../../update/message';
import { fedavg } from './fedavg';
import type { Strategy } from './strategy';

const strategies: ReadonlyMap<string, Strategy> = new Map([[fedavg.name, fedavg]]);

export const strategyNames = (): string[] => [...strategies.keys()];

export function findStrategy(name: string): Strategy {
  const strategy = strategies.get(name);
  if (!strategy) {
    throw new RefusedError(
      'bad-setting',
      `Choose a strategy that exists (${strategyNames().join(', ')}): "${name}" does not.`,
    );
  }
  return strategy;
}
