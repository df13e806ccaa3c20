/** Which rule goes with which strategy, privacy apart (the aggregation refuses that): what does not is refused with the reason. */
import { createRule } from '../robust/create-rule';
import type { RuleOptions } from '../robust/options';
import { keepsVector } from './local/rule';
import { bad } from './settings';
import type { Strategy } from './strategies/strategy';

/** `quorum`: the fewest updates of a round. Throws RefusedError 'bad-setting'. */
export function checkRule(options: RuleOptions, strategy: Strategy, quorum: number): void {
  const rule = createRule(options);
  if (!rule) return;
  const { name } = strategy;
  if (strategy.vectorsPerUpdate > 1 || keepsVector(strategy.local)) {
    throw bad(
      `The rule "${rule.name}" would part what the clients and the aggregator of "${name}" remember, since it leaves updates out: choose the mean, or fedavg, fedprox or a server optimiser.`,
    );
  }
  if ((!strategy.uniformMean && !strategy.groups) || strategy.needs !== 'fold') {
    throw bad(
      `The strategy "${name}" makes more of the updates than their mean, so that the rule "${rule.name}" cannot take its place: choose the mean, or fedavg, fedprox or a server optimiser.`,
    );
  }
  if (rule.uses === 'root' && strategy.groups) {
    throw bad(`FLTrust knows one model and "${name}" has several: choose another rule or strategy.`);
  }
  if (quorum < rule.needed) {
    throw bad(
      `Raise the quorum (${quorum}) to ${rule.needed}: the rule "${rule.name}", as it is set, needs so many updates in each round. Or expect fewer attackers.`,
    );
  }
}
