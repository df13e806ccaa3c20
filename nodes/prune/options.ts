/** Reads how a model is to be pruned from the stored settings. */
import type { PruneOptions } from '../../lib/prune/mask';
import { checkSchedule, type PruneSchedule } from '../../lib/prune/schedule';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export interface Options {
  options: PruneOptions;
  schedule: PruneSchedule;
}

const rounds = (settings: Settings, field: string, fallback: number): number =>
  number(settings, field, fallback, { min: 1, max: 1e6, integer: true });

export function readOptions(settings: Settings): Options {
  const method = choice(settings, 'method', ['magnitude', 'structured'] as const, 'magnitude');
  const per = choice(settings, 'per', ['layer', 'all'] as const, 'layer');
  const schedule = {
    sparsity: number(settings, 'sparsity', 80, { min: 0.001, max: 99.999 }) / 100,
    begin: rounds(settings, 'begin', 2),
    end: rounds(settings, 'end', 10),
    every: rounds(settings, 'every', 1),
  };
  checkSchedule(schedule);
  return { options: method === 'structured' ? { method } : { method, per }, schedule };
}
