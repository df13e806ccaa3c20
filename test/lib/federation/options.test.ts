import assert from 'node:assert/strict';
import {
  defaultOptions,
  type FederationOptions,
  federationOptions,
  type StrategyOptions,
} from '../../../lib/federation';
import { RefusedError } from '../../../lib/refused';

const code = (wish: Partial<FederationOptions>): string | undefined => {
  try {
    federationOptions(wish);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RefusedError);
    assert.match(error.message, /^[A-Z].*\.$/);
    return error.code;
  }
};

describe('federationOptions', () => {
  it('fills in the defaults, for absent and undefined wishes', () => {
    assert.deepEqual(federationOptions(), defaultOptions);
    assert.deepEqual(federationOptions({ rounds: undefined }), defaultOptions);
    assert.equal(federationOptions({ rounds: 7 }).rounds, 7);
  });

  it('refuses a quorum that a cohort could not reach', () => {
    const cases: [Partial<FederationOptions>, string | undefined][] = [
      [{ minClients: 5, quorum: 5 }, undefined],
      [{ minClients: 5, quorum: 6 }, 'quorum-above-cohort'],
      [{ minClients: 10, quorum: 4, sampler: { name: 'random', count: 3 } }, 'quorum-above-cohort'],
      [{ minClients: 10, quorum: 3, sampler: { name: 'random', count: 3 } }, undefined],
      [{ minClients: 10, quorum: 3, sampler: { name: 'random', fraction: 0.2, minimum: 1 } }, 'quorum-above-cohort'],
      [{ minClients: 10, quorum: 2, sampler: { name: 'random', fraction: 0.2, minimum: 1 } }, undefined],
      [{ minClients: 2, quorum: 3, sampler: { name: 'random', fraction: 0.2, minimum: 3 } }, 'quorum-above-cohort'],
      [{ minClients: 10, quorum: 6, sampler: { name: 'round-robin', count: 5 } }, 'quorum-above-cohort'],
    ];
    for (const [wish, expected] of cases) assert.equal(code(wish), expected, JSON.stringify(wish));
  });

  it('refuses what is no number of its kind', () => {
    const wrong: Partial<FederationOptions>[] = [
      { rounds: -1 },
      { rounds: 1.5 },
      { minClients: 0 },
      { quorum: 0 },
      { quorum: Number.NaN },
      { deadlineMs: 0 },
      { deadlineMs: 8 * 24 * 3600 * 1000 },
      { maxClients: 10_001 },
      { training: { ...defaultOptions.training, learningRate: 0 } },
      { training: { ...defaultOptions.training, seed: -1 } },
      { pauseMs: -1 },
      { maxClients: 1 },
      { missesUntilAway: 0 },
      { sampler: { name: 'random', count: 0 } },
      { sampler: { name: 'random', fraction: 0, minimum: 1 } },
      { sampler: { name: 'random', fraction: 1.1, minimum: 1 } },
      { sampler: { name: 'random', fraction: 0.5, minimum: 0 } },
      { sampler: { name: 'weighted', count: 1.5 } },
      { sampler: { name: 'power-of-choice', count: 3, candidates: 2 } },
      { sampler: { name: 'availability', count: 2, minBattery: 101 } },
      { sampler: { name: 'poisson', probability: 0 } },
      { sampler: { name: 'poisson', probability: 1.5 } },
      { strategy: { name: 'toString' } as unknown as StrategyOptions },
    ];
    for (const wish of wrong) assert.equal(code(wish), 'bad-setting', JSON.stringify(wish));
  });

  it('refuses what does not go together in time', () => {
    const late = { mode: 'rounds', late: { maxStaleness: 2 } } as const;
    const flow = { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 2 } as const;
    const sending = { name: 'norm', threshold: 0.1 } as const;
    const wrong: Partial<FederationOptions>[] = [
      { timing: { mode: 'rounds', overSelect: 0.5 } },
      { timing: { mode: 'rounds', overSelect: -1 }, sampler: { name: 'random', count: 2 } },
      { timing: { mode: 'rounds', late: { maxStaleness: 1.5 } } },
      { timing: { ...late, late: { maxStaleness: 1, staleness: { name: 'hinge', a: -1, b: 2 } } } },
      { timing: late, strategy: { name: 'scaffold' } },
      { timing: late, strategy: { name: 'fednova' } },
      { timing: late, rule: { name: 'median' }, quorum: 2 },
      { timing: flow, strategy: { name: 'fedadam' } },
      { timing: flow, sampler: { name: 'random', count: 2 } },
      { timing: flow, rule: { name: 'median' } },
      { timing: flow, sending },
      { timing: { ...flow, method: { name: 'fedasync', mixing: 0 } } },
      { timing: { ...flow, method: { name: 'fedbuff', bufferSize: 0, serverLearningRate: 1 } } },
      { timing: { ...flow, maxStaleness: 1001 } },
      { timing: { ...flow, concurrency: -1 } },
      { timing: { ...flow, saveMs: -1 } },
      { sending: { name: 'norm', threshold: 0 } },
      { sending: { name: 'periodic', every: 0 } },
      { sending, strategy: { name: 'feddyn' } },
      { sending, rule: { name: 'median' } },
    ];
    for (const wish of wrong) assert.equal(code(wish), 'bad-setting', JSON.stringify(wish));
    const right: Partial<FederationOptions>[] = [
      { timing: late, strategy: { name: 'fedadam' } },
      { timing: flow, strategy: { name: 'fedprox', mu: 0.1 } },
      { timing: { mode: 'rounds', overSelect: 0.5 }, sampler: { name: 'random', count: 2 } },
      { sending, strategy: { name: 'fedavgm' } },
    ];
    for (const wish of right) assert.equal(code(wish), undefined, JSON.stringify(wish));
  });
});
