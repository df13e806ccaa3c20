/** Reads which numbers are sent from the stored settings: those of the chosen method alone count. */
import type { Feedback } from '../../lib/residual/feedback';
import type { SparsifyOptions } from '../../lib/update/codecs/sparsify';
import { shareAt } from '../../lib/update/codecs/warm-up';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export interface Options {
  /** Absent: what is left out is lost. */
  feedback?: Feedback;
  /** `own`: a seed for this client and round, `common`: one for the round. */
  at(round: number, seeds: { own: number; common: number }): SparsifyOptions;
  seed: number;
}

function readFeedback(settings: Settings): Feedback | undefined {
  const name = choice(settings, 'feedback', ['residual', 'momentum', 'none'] as const, 'residual');
  if (name === 'none') return undefined;
  if (name === 'residual') return { name };
  return { name, momentum: number(settings, 'momentum', 0.9, { min: 0, max: 0.999999 }) };
}

export function readOptions(settings: Settings): Options {
  const method = choice(settings, 'method', ['top-k', 'random-k', 'threshold'] as const, 'top-k');
  const feedback = readFeedback(settings);
  const rest = {
    ...(feedback ? { feedback } : {}),
    seed: number(settings, 'seed', 1, { min: 0, max: 0xffffffff, integer: true }),
  };
  if (method === 'threshold') {
    const threshold = number(settings, 'threshold', 0.001, { min: 1e-30, max: 1e9 });
    return { ...rest, at: () => ({ method, threshold }) };
  }
  const share = number(settings, 'share', 10, { min: 1e-6, max: 100 }) / 100;
  const per = choice(settings, 'per', ['tensor', 'all'] as const, 'tensor');
  const warmUp = number(settings, 'warmUp', 0, { min: 0, max: 10_000, integer: true });
  const common = { per };
  if (method === 'top-k')
    return { ...rest, at: (round) => ({ ...common, method, share: shareAt(round, share, warmUp) }) };
  const isCommon = choice(settings, 'draw', ['client', 'round'] as const, 'client') === 'round';
  return {
    ...rest,
    at: (round, seeds) => ({
      ...common,
      method,
      share: shareAt(round, share, warmUp),
      seed: isCommon ? seeds.common : seeds.own,
      // With error feedback what comes must be no longer than what was to be sent.
      unbiased: feedback === undefined,
    }),
  };
}
