/** What the timing makes of updates: how long they may be on their way, what an old one counts, and who mixes them. */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { createStrategy } from '../strategies';
import type { StrategyOptions } from '../strategies/options';
import type { Strategy } from '../strategies/strategy';
import { fedasync } from './fedasync';
import { fedbuff } from './fedbuff';
import { type AsyncTiming, defaultStaleness, type TimingOptions } from './options';
import { type StalenessWeight, stalenessWeight } from './staleness';

function methodOf({ method, staleness = defaultStaleness }: AsyncTiming): Strategy {
  const weight = stalenessWeight(staleness);
  return method.name === 'fedasync' ? fedasync(method.mixing, weight) : fedbuff(method.serverLearningRate, weight);
}

/** The strategy of a federation; without rounds it is the asynchronous method, which takes the strategy's place. */
export function timedStrategy(timing: TimingOptions, strategy: StrategyOptions, training: TrainingOptions): Strategy {
  const chosen = createStrategy(strategy, training);
  if (timing.mode === 'rounds') return chosen;
  const method = methodOf(timing);
  return { ...method, ...(chosen.training ? { training: chosen.training } : {}) };
}

/** What an update counts that is late in rounds. Without rounds the method knows. */
export const lateWeight = (timing: TimingOptions): StalenessWeight =>
  timing.mode === 'rounds' ? stalenessWeight(timing.late?.staleness ?? defaultStaleness) : () => 1;

const refuse = (message: string): never => {
  throw new RefusedError('bad-setting', message);
};

/** Strategies whose clients' part may be had without rounds: the training that they ask for, and a plain mean. */
const MIXED = ['fedavg', 'fedprox'];

/** Throws RefusedError 'bad-setting' with the reason when timing, strategy and sampler do not go together. */
export function checkTogether(
  timing: TimingOptions,
  strategy: Strategy,
  { sampler, rule }: { sampler: string; rule?: string },
): void {
  if (timing.mode === 'rounds') {
    const over = timing.overSelect ?? 0;
    if (over > 0 && (sampler === 'all' || sampler === 'poisson')) {
      refuse(
        'Over-selection asks more clients than it needs: choose a sampler that takes a number or a share of them.',
      );
    }
    if (!timing.late) return;
    if (strategy.local || strategy.groups || strategy.vectorsPerUpdate > 1 || !strategy.uniformMean) {
      refuse(
        `Late answers cannot be bought with "${strategy.name}": what it makes of an update holds only for the round it is for. Choose fedavg, fedprox or a server optimiser.`,
      );
    }
    if (rule !== undefined && rule !== 'mean') {
      refuse(`Late answers count less than others, which the rule "${rule}" cannot do: choose the mean, or drop them.`);
    }
    return;
  }
  if (!MIXED.includes(strategy.name)) {
    refuse(
      `Without rounds ${timing.method.name} takes the place of the strategy "${strategy.name}": choose fedavg or fedprox, or rounds.`,
    );
  }
  if (sampler !== 'all') {
    refuse(
      'Without rounds whoever is free is asked: choose all clients, and bound how many are at work at the same time.',
    );
  }
  if (rule !== undefined && rule !== 'mean') {
    refuse(
      `Without rounds there is no set of updates that the rule "${rule}" could look at: choose the mean, or rounds.`,
    );
  }
}
