/** Samplers that go by what is known of a client: each against the probabilities of its paper, enumerated or binomial. */
import assert from 'node:assert/strict';
import { createSampler } from '../../../lib/federation/samplers';
import type { Candidate, SamplerOptions } from '../../../lib/federation/samplers/sampler';

const clients = (samples: number[]): Candidate[] => samples.map((count, i) => ({ id: `c${i}`, samples: count }));

/** How often each cohort is drawn. */
function drawn(options: SamplerOptions, among: readonly Candidate[], draws: number): Map<string, number> {
  const sampler = createSampler(options);
  const seen = new Map<string, number>();
  for (let round = 0; round < draws; round++) {
    const key = sampler.choose(among, { seed: 3, words: [round, 0], state: '' }).cohort.join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return seen;
}

/** Pearson's statistic; every cohort that occurs must be among those expected. */
function chiSquared(seen: Map<string, number>, expected: Map<string, number>, draws: number): number {
  for (const cohort of seen.keys()) assert.ok(expected.has(cohort), `${cohort} cannot be drawn`);
  let sum = 0;
  for (const [cohort, probability] of expected) {
    sum += ((seen.get(cohort) ?? 0) - probability * draws) ** 2 / (probability * draws);
  }
  return sum;
}

/** Successive draws in proportion to the weights of those that are left, as sets. */
function successive(weights: number[], take: number): Map<string, number> {
  const sets = new Map<string, number>();
  const go = (taken: number[], probability: number): void => {
    if (taken.length === take) {
      const key = [...taken]
        .sort((a, b) => a - b)
        .map((i) => `c${i}`)
        .join();
      sets.set(key, (sets.get(key) ?? 0) + probability);
      return;
    }
    const left = weights.reduce((sum, weight, i) => sum + (taken.includes(i) ? 0 : weight), 0);
    weights.forEach((weight, i) => {
      if (!taken.includes(i)) go([...taken, i], (probability * weight) / left);
    });
  };
  go([], 1);
  return sets;
}

const facts = (battery: number | undefined, rest: Candidate['facts'] = {}): Candidate['facts'] => ({
  ...(battery === undefined ? {} : { battery }),
  ...rest,
});

describe('samplers that go by what a client has', () => {
  it('weighted: each set as often as successive draws in proportion to the samples would take it', () => {
    const weights = [1, 2, 3, 4, 10];
    const seen = drawn({ name: 'weighted', count: 2 }, clients(weights), 20_000);
    // 10 sets, 9 degrees of freedom: 33.7 is passed once in 10,000 times; the seed is fixed.
    assert.ok(chiSquared(seen, successive(weights, 2), 20_000) < 33.7);
  });

  it('weighted: clients without samples only when there are no others', () => {
    const sampler = createSampler({ name: 'weighted', count: 2 });
    for (let round = 0; round < 200; round++) {
      const draw = { seed: 1, words: [round], state: '' };
      assert.deepEqual(sampler.choose(clients([0, 5, 0, 1]), draw).cohort, ['c1', 'c3']);
      assert.equal(sampler.choose(clients([0, 5, 0]), draw).cohort.length, 2);
    }
  });

  it('power-of-choice with as many candidates as clients asked is sampling by samples', () => {
    const weights = [1, 2, 3, 4];
    const among = clients(weights).map((client, i) => ({ ...client, loss: i }));
    const seen = drawn({ name: 'power-of-choice', count: 2, candidates: 2 }, among, 20_000);
    // 6 sets, 5 degrees of freedom: 25.7 once in 10,000.
    assert.ok(chiSquared(seen, successive(weights, 2), 20_000) < 25.7);
  });

  it('power-of-choice: of the candidates those with the greatest loss', () => {
    const weights = [4, 1, 3, 2];
    const losses = [0.1, 0.4, 0.3, 0.2];
    const among = clients(weights).map((client, i) => ({ ...client, loss: losses[i] }));
    // Every set of 3 candidates asks the one of them with the greatest loss.
    const expected = new Map<string, number>();
    for (const [set, probability] of successive(weights, 3)) {
      const best = set.split(',').reduce((a, b) => (losses[Number(a[1])] > losses[Number(b[1])] ? a : b));
      expected.set(best, (expected.get(best) ?? 0) + probability);
    }
    // c0 has the least loss and is never asked: 1 degree... of 3 outcomes, 2: 18.4 once in 10,000.
    const seen = drawn({ name: 'power-of-choice', count: 1, candidates: 3 }, among, 20_000);
    assert.ok(chiSquared(seen, expected, 20_000) < 18.4);
    // All clients as candidates: nothing is left to chance.
    const all = drawn({ name: 'power-of-choice', count: 2, candidates: 4 }, among, 50);
    assert.deepEqual([...all], [['c1,c2', 50]]);
  });

  it('power-of-choice: who has not told a loss comes first', () => {
    const among: Candidate[] = [
      { id: 'a', samples: 5, loss: 1e300 },
      { id: 'b', samples: 5 },
      { id: 'c', samples: 5, loss: 0 },
    ];
    const seen = drawn({ name: 'power-of-choice', count: 2, candidates: 3 }, among, 50);
    assert.deepEqual([...seen], [['a,b', 50]]);
  });

  it('availability: nobody who says that it lacks something, and of the others each as often', () => {
    const among: Candidate[] = [
      { id: 'charged', samples: 1, facts: facts(80) },
      { id: 'charging', samples: 1, facts: facts(3, { charging: true }) },
      { id: 'empty', samples: 1, facts: facts(19.9) },
      { id: 'just', samples: 1, facts: facts(20, { bytesPerSecond: 100 }) },
      { id: 'silent', samples: 1 },
      { id: 'slow', samples: 1, facts: facts(undefined, { bytesPerSecond: 99 }) },
      { id: 'unwilling', samples: 1, facts: facts(100, { willing: false }) },
    ];
    const options: SamplerOptions = { name: 'availability', count: 2, minBattery: 20, minBytesPerSecond: 100 };
    const expected = new Map<string, number>();
    const able = ['charged', 'charging', 'just', 'silent'];
    for (const a of able) for (const b of able) if (a < b) expected.set([a, b].join(), 1 / 6);
    const seen = drawn(options, among, 12_000);
    assert.ok(chiSquared(seen, expected, 12_000) < 25.7);
    const few = createSampler({ ...options, count: 6 }).choose(among, { seed: 1, words: [], state: '' });
    assert.deepEqual(few.cohort, able);
  });

  it('poisson: the size is binomial, and no two coins hang together', () => {
    const n = 6;
    const q = 0.3;
    const draws = 20_000;
    const seen = drawn({ name: 'poisson', probability: q }, clients(Array(n).fill(1)), draws);
    const sizes = new Map<string, number>();
    let both = 0;
    for (const [cohort, count] of seen) {
      const names = cohort === '' ? [] : cohort.split(',');
      sizes.set(String(names.length), (sizes.get(String(names.length)) ?? 0) + count);
      if (names.includes('c1') && names.includes('c4')) both += count;
    }
    let choose = 1;
    const binomial = new Map<string, number>();
    for (let k = 0; k <= n; k++) {
      binomial.set(String(k), choose * q ** k * (1 - q) ** (n - k));
      choose = (choose * (n - k)) / (k + 1);
    }
    // 7 sizes, 6 degrees of freedom: 27.9 once in 10,000.
    assert.ok(chiSquared(sizes, binomial, draws) < 27.9);
    // q^2 = 0.09, four standard deviations.
    assert.ok(Math.abs(both / draws - q * q) < 4 * Math.sqrt((q * q * (1 - q * q)) / draws));
  });

  it('asks more than it needs where over-selection is set', () => {
    assert.equal(createSampler({ name: 'random', count: 10 }, 0.3).size(100), 13);
    assert.equal(createSampler({ name: 'round-robin', count: 10 }, 0.25).size(100), 13);
    assert.equal(createSampler({ name: 'weighted', count: 3 }, 0.5).size(4), 4);
    assert.equal(createSampler({ name: 'random', fraction: 0.5, minimum: 2 }, 0.2).size(20), 12);
  });
});
