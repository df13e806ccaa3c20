import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import { meanOf, type Play, type Played, play } from './cohort';

const cohort = (count: number, size = 40, seed = 1): Pick<Play, 'clients' | 'vectors' | 'samples'> => {
  const random = generator(seed, 'secure cohort', count);
  return {
    clients: Array.from({ length: count }, (_, i) => `plant-${i}`),
    vectors: Array.from({ length: count }, () => Float32Array.from({ length: size }, () => 0.3 * random.normal())),
    samples: Array.from({ length: count }, () => 1 + random.below(1500)),
  };
};

/** Each number errs by at most one code of each client: n · 2 clip / range over the sum of weights. */
function holds(
  parts: Pick<Play, 'clients' | 'vectors' | 'samples'>,
  { result, void: none }: Played,
  among: string[],
): void {
  assert.ok(result, `${none?.code}: ${none?.reason}`);
  assert.deepEqual(result.clients, among);
  const weight = among.reduce((sum, client) => sum + Math.min(1000, parts.samples[parts.clients.indexOf(client)]), 0);
  const range = Math.min(2 ** 24, 2 * Math.floor(2 ** 30 / parts.clients.length));
  const bound = (among.length * 2) / range / (weight / 1000) + 1e-6;
  const expected = meanOf(parts, among);
  for (const [i, value] of result.mean.entries()) {
    assert.ok(Math.abs(value - expected[i]) <= bound, `number ${i}: ${value}, not ${expected[i]}`);
  }
  assert.ok(Math.abs(result.samples - weight) <= 1, `${result.samples} samples, not ${weight}`);
}

describe('a secure sum', function () {
  this.timeout(60_000);

  for (const count of [3, 4, 5, 8, 20, 33, 70, 100]) {
    it(`of ${count} clients is their weighted mean`, () => {
      const parts = cohort(count);
      holds(parts, play(parts), parts.clients);
    });
  }
  it('of 100 clients with ten neighbours each is it too', () => {
    const parts = { ...cohort(100), options: { neighbours: 10 } };
    holds(parts, play(parts), parts.clients);
  });
});
