import assert from 'node:assert/strict';
import { createSampler } from '../../../lib/federation/samplers';
import type { Candidate, Sampler, SamplerOptions } from '../../../lib/federation/samplers/sampler';
import { vector } from '../vectors';

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${String(i).padStart(3, '0')}`);
const alike = (names: readonly string[]): Candidate[] => names.map((id) => ({ id, samples: 10 }));

/** Of clients that differ in nothing but their ids. */
const choose = (sampler: Sampler, names: readonly string[], seed: number, words: number[], state = '') =>
  sampler.choose(alike(names), { seed, words, state });

const all: SamplerOptions[] = [
  { name: 'all' },
  { name: 'random', count: 4 },
  { name: 'random', fraction: 0.3, minimum: 2 },
  { name: 'round-robin', count: 4 },
  { name: 'weighted', count: 4 },
  { name: 'power-of-choice', count: 4, candidates: 6 },
  { name: 'availability', count: 4, minBattery: 20, minBytesPerSecond: 100 },
];

describe('samplers', () => {
  for (const options of all) {
    it(`${JSON.stringify(options)}: sorted, without doubles, of the promised size, same for the same seed`, () => {
      const sampler = createSampler(options);
      for (const available of [0, 1, 2, 3, 4, 5, 17]) {
        const clients = ids(available);
        for (let round = 1; round < 20; round++) {
          const { cohort } = choose(sampler, clients, 9, [round, 0], 'c002');
          assert.deepEqual(cohort, [...new Set(cohort)].sort());
          assert.equal(cohort.length, sampler.size(available));
          assert.ok(cohort.every((id) => clients.includes(id)));
          assert.deepEqual(choose(sampler, clients, 9, [round, 0], 'c002').cohort, cohort);
        }
        assert.deepEqual(clients, ids(available));
      }
    });
  }

  it('takes as many as Flower does', () => {
    for (const id of [
      'flower-sample-fit-20',
      'flower-sample-fit-19',
      'flower-sample-fit-10',
      'flower-sample-fit-9',
      'flower-sample-eval-40',
      'flower-sample-eval-39',
      'flower-sample-eval-20',
      'flower-sample-eval-19',
    ]) {
      const { input, expected } = vector<{ available: number; fraction: number; min: number }, number>(id);
      const { available, fraction, min: minimum } = input;
      assert.equal(createSampler({ name: 'random', fraction, minimum }).size(available), expected);
    }
  });

  it('random: no pair of clients is likelier than another', () => {
    const sampler = createSampler({ name: 'random', count: 2 });
    const clients = ids(6);
    const draws = 15_000;
    const seen = new Map<string, number>();
    for (let round = 0; round < draws; round++) {
      const key = choose(sampler, clients, 1, [round, 0], '').cohort.join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    assert.equal(seen.size, 15);
    const expected = draws / 15;
    const chiSquared = [...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 14 degrees of freedom: 42.6 is passed once in 10,000 times; the seed is fixed.
    assert.ok(chiSquared < 42.6, `chi squared ${chiSquared}`);
  });

  it('random: another seed, round or attempt gives other cohorts', () => {
    const sampler = createSampler({ name: 'random', count: 5 });
    const draw = (seed: number, words: number[]): string => choose(sampler, ids(50), seed, words, '').cohort.join();
    assert.equal(new Set([draw(1, [1, 0]), draw(2, [1, 0]), draw(1, [2, 0]), draw(1, [1, 1])]).size, 4);
  });

  it('round-robin: everybody equally often', () => {
    const sampler = createSampler({ name: 'round-robin', count: 3 });
    const count = new Map<string, number>();
    let state = '';
    for (let round = 0; round < 70; round++) {
      const choice = choose(sampler, ids(7), 1, [round, 0], state);
      state = choice.state;
      for (const id of choice.cohort) count.set(id, (count.get(id) ?? 0) + 1);
    }
    assert.deepEqual([...count.values()], Array(7).fill(30));
  });

  it('round-robin: goes on behind the last one asked when clients come and go', () => {
    const sampler = createSampler({ name: 'round-robin', count: 2 });
    const first = choose(sampler, ['a', 'c', 'e', 'g'], 1, [1, 0], '');
    assert.deepEqual(first, { cohort: ['a', 'c'], state: 'c' });
    // b came (its turn is later), c left.
    const second = choose(sampler, ['a', 'b', 'e', 'g'], 1, [2, 0], first.state);
    assert.deepEqual(second, { cohort: ['e', 'g'], state: 'g' });
    assert.deepEqual(choose(sampler, ['a', 'b', 'e', 'g'], 1, [3, 0], second.state).cohort, ['a', 'b']);
  });
});
