/** How the learning rate falls over the rounds of an fl-aggregator, as the library wants it. */
import type { ScheduleOptions } from '../../lib/federation/schedule';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export function scheduleOf(settings: Settings): ScheduleOptions | undefined {
  const name = choice(settings, 'schedule', ['constant', 'step', 'exponential', 'inverse'] as const, 'constant');
  if (name === 'constant') return undefined;
  if (name === 'inverse') return { name, decay: number(settings, 'scheduleDecay', 0.1, { min: 1e-9, max: 1e6 }) };
  const factor = number(settings, 'scheduleFactor', 0.9, { min: 1e-9, max: 1 });
  if (name === 'exponential') return { name, factor };
  return { name, every: number(settings, 'scheduleEvery', 10, { min: 1, max: 1e9, integer: true }), factor };
}
