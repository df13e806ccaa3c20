/** Refuses a way to send less that has no meaning with the rest of the federation. */
import type { SendingOptions } from '../../update/message';
import { bad, whole, within } from '../settings';
import type { Strategy } from '../strategies/strategy';
import type { TimingOptions } from '../timing/options';

/** Throws RefusedError 'bad-setting'. */
export function checkSending(sending: SendingOptions, timing: TimingOptions, strategy: Strategy, rule = 'mean'): void {
  if (sending.name === 'periodic') whole(sending.every, 'the rounds between two updates of a client', 1, 100_000);
  else if (sending.name === 'norm' || sending.name === 'loss') {
    within(sending.threshold, 'the threshold of what is worth sending', 0, 1000, true);
  } else throw bad('Set what is worth sending to norm, loss or periodic.');
  whole(sending.patience ?? 1, 'the number of updates in a row that may stay', 1, 100_000);
  if (timing.mode === 'async') {
    throw bad('Without rounds an update that stays leaves nothing to do: let clients train longer instead.');
  }
  if (rule !== 'mean') {
    throw bad(
      `An update that stays cannot be judged by the rule "${rule}": choose the mean, or let clients send every update.`,
    );
  }
  const isMean = strategy.needs === 'fold' && strategy.uniformMean && strategy.vectorsPerUpdate === 1;
  if (!isMean || strategy.local || strategy.groups) {
    throw bad(
      `An update that stays counts as no change, which "${strategy.name}" has no place for: choose fedavg, fedprox or a server optimiser.`,
    );
  }
}
