/** Secure aggregation at an fl-aggregator, as the library wants it. */
import { secureDefaults } from '../../lib/federation/secure/options';
import type { SecureOptions } from '../../lib/privacy/secure';
import type { Settings } from '../shared/red';
import { choice, flag, number, text } from '../shared/settings';

export function secureOf(settings: Settings): SecureOptions | undefined {
  if (choice(settings, 'secure', ['off', 'on'] as const, 'off') === 'off') return undefined;
  const { clip, maxSamples } = secureDefaults;
  return {
    clip: number(settings, 'secureClip', clip, { min: 1e-9, max: 1e6 }),
    maxSamples: number(settings, 'secureMaxSamples', maxSamples, { min: 1, max: 1e9, integer: true }),
    threshold: number(settings, 'secureThreshold', 66, { min: 50, max: 99.9999 }) / 100,
    ...(flag(settings, 'secureSigned', false) ? { signed: true } : {}),
    ...(text(settings, 'secureNeighbours') === ''
      ? {}
      : { neighbours: number(settings, 'secureNeighbours', 0, { min: 2, max: 254, integer: true }) }),
  };
}
