/** Uniformly among those who say that they have what it takes: energy, a link that is fast enough, the will. */
import { generator } from '../../random/generator';
import { uniformly } from './random';
import { type Candidate, type Needed, type Sampler, sortedIds } from './sampler';

/** What a client does not tell is held to be there: one that tells nothing is asked as ever. */
export function isAvailable(
  { facts }: Pick<Candidate, 'facts'>,
  { minBattery = 0, minBytesPerSecond = 0 }: Needed,
): boolean {
  if (!facts) return true;
  const { willing = true, charging = false, battery = 100, bytesPerSecond = Number.POSITIVE_INFINITY } = facts;
  return willing && (charging || battery >= minBattery) && bytesPerSecond >= minBytesPerSecond;
}

export function sampleAvailability(count: number, needed: Needed): Sampler {
  return {
    size: (available) => Math.min(available, count),
    choose(clients, { seed, words }) {
      const able = clients.filter((client) => isAvailable(client, needed));
      const random = generator(seed, 'available cohort', ...words);
      return { cohort: sortedIds(uniformly(able, count, random)), state: '' };
    },
  };
}
