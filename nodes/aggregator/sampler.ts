/** Whom an fl-aggregator asks, as the library wants it. */
import type { SamplerOptions } from '../../lib/federation/samplers/sampler';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

const COUNT = { min: 1, max: 1e6, integer: true } as const;
const names = [
  ...(['all', 'random', 'share', 'round-robin'] as const),
  ...(['weighted', 'power-of-choice', 'availability', 'poisson'] as const),
];

export function samplerOf(settings: Settings, quorum: number): SamplerOptions {
  const name = choice(settings, 'sampler', names, 'all');
  const count = (): number => number(settings, 'sampleCount', 2, COUNT);
  switch (name) {
    case 'all':
      return { name };
    case 'share': {
      const fraction = number(settings, 'samplePercent', 50, { min: 0.0001, max: 100 }) / 100;
      return { name: 'random', fraction, minimum: quorum };
    }
    case 'random':
      return { name, count: count() };
    case 'round-robin':
      return { name, count: count() };
    case 'weighted':
      return { name, count: count() };
    case 'power-of-choice':
      return { name, count: count(), candidates: number(settings, 'candidates', 4, COUNT) };
    case 'availability': {
      const minBattery = number(settings, 'minBattery', 20, { min: 0, max: 100 });
      const minBytesPerSecond = number(settings, 'minBytesPerSecond', 0, { min: 0, max: 1e12 });
      return { name, count: count(), minBattery, minBytesPerSecond };
    }
    case 'poisson':
      return { name, probability: number(settings, 'probability', 0.5, { min: 1e-9, max: 1 }) };
  }
}
