/** When an answer counts at an fl-aggregator, and which answers are worth sending, as the library wants it. */
import { type AsyncMethod, defaultStaleness, type Late, type TimingOptions } from '../../lib/federation/timing/options';
import type { StalenessOptions } from '../../lib/federation/timing/staleness';
import type { SendingOptions } from '../../lib/update/message';
import type { Settings } from '../shared/red';
import { choice, number, text } from '../shared/settings';

function stalenessOf(settings: Settings): StalenessOptions {
  const name = choice(settings, 'staleness', ['constant', 'polynomial', 'hinge'] as const, defaultStaleness.name);
  const a = number(settings, 'stalenessA', 0.5, { min: 0, max: 1e6 });
  switch (name) {
    case 'constant':
      return { name };
    case 'polynomial':
      return { name, a };
    case 'hinge':
      return { name, a, b: number(settings, 'stalenessB', 4, { min: 0, max: 1000 }) };
  }
}

const lateOf = (settings: Settings): Late => ({
  maxStaleness: number(settings, 'maxStaleness', 5, { min: 0, max: 1000, integer: true }),
  staleness: stalenessOf(settings),
});

function methodOf(settings: Settings): AsyncMethod {
  const name = choice(settings, 'method', ['fedasync', 'fedbuff'] as const, 'fedbuff');
  if (name === 'fedasync') return { name, mixing: number(settings, 'mixing', 0.6, { min: 1e-9, max: 1 }) };
  return {
    name,
    bufferSize: number(settings, 'bufferSize', 3, { min: 1, max: 100_000, integer: true }),
    serverLearningRate: number(settings, 'bufferRate', 1, { min: 1e-9, max: 1000 }),
  };
}

export function timingOf(settings: Settings): TimingOptions {
  const mode = choice(settings, 'timing', ['rounds', 'late', 'async'] as const, 'rounds');
  if (mode === 'async') {
    const concurrency = number(settings, 'concurrency', 0, { min: 0, max: 1e6, integer: true });
    return { mode, method: methodOf(settings), ...lateOf(settings), concurrency };
  }
  // The field is not shown with samplers that ask no certain number.
  const counts = !['all', 'poisson'].includes(text(settings, 'sampler', 'all'));
  const overSelect = counts ? number(settings, 'overSelect', 0, { min: 0, max: 10 }) : 0;
  return {
    mode: 'rounds',
    ...(overSelect > 0 ? { overSelect } : {}),
    ...(mode === 'late' ? { late: lateOf(settings) } : {}),
  };
}

export function sendingOf(settings: Settings): SendingOptions | undefined {
  const name = choice(settings, 'sending', ['all', 'norm', 'loss', 'periodic'] as const, 'all');
  if (name === 'all') return undefined;
  const patience = number(settings, 'sendingPatience', 10, { min: 1, max: 100_000, integer: true });
  if (name === 'periodic') {
    return { name, every: number(settings, 'sendingEvery', 3, { min: 1, max: 100_000, integer: true }) };
  }
  return { name, threshold: number(settings, 'sendingThreshold', 0.01, { min: 1e-12, max: 1000 }), patience };
}
