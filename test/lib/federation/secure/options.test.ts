/** Which choices of a federation secure aggregation goes with; what is refused is refused with its reason. */
import assert from 'node:assert/strict';
import {
  createCoordinator,
  createStrategy,
  type FederationOptions,
  federationOptions,
  strategyNames,
} from '../../../../lib/federation';
import { RefusedError } from '../../../../lib/refused';
import { ruleNames } from '../../../../lib/robust/create-rule';
import { toyModel } from '../toy';

const secure = { clip: 1, maxSamples: 100 };

function refusal(wish: Partial<FederationOptions>): string | undefined {
  try {
    federationOptions({ secure, minClients: 3, quorum: 3, ...wish });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.code, 'bad-setting');
    assert.match(error.message, /^[A-Z][^\n]{20,300}\.$/);
    return error.message;
  }
}

describe('the options of secure aggregation', () => {
  it('are taken with strategies that need the mean alone, and with no other', () => {
    const sums = ['fedavg', 'fedsgd', 'fedprox', 'feddyn', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'];
    for (const name of strategyNames) {
      assert.equal(refusal({ strategy: { name } }) === undefined, sums.includes(name), name);
    }
  });

  it('go with no rule that looks at each update', () => {
    for (const name of ruleNames) {
      if (name === 'mean') continue;
      const rule = { name, f: 0, ...(name === 'trimmed-mean' ? { f: 1, beta: 0.4 } : {}) } as FederationOptions['rule'];
      assert.match(refusal({ rule, minClients: 5, quorum: 5 }) ?? '', /has to see each update/, name);
    }
  });

  it('go with rounds that close once and ask for the update alone', () => {
    const late = { mode: 'rounds', late: { maxStaleness: 2 } } as const;
    const flow = { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 2 } as const;
    assert.match(refusal({ timing: late }) ?? '', /late answers be dropped/);
    assert.match(refusal({ timing: flow }) ?? '', /choose rounds/);
    assert.match(refusal({ sending: { name: 'norm', threshold: 0.1 } }) ?? '', /send every update/);
    assert.match(refusal({ quarantine: { rounds: 1000 } }) ?? '', /Quarantine/);
    assert.match(refusal({ threshold: { quantile: 0.99 } }) ?? '', /anomalies/);
    assert.match(refusal({ sampler: { name: 'power-of-choice', count: 3, candidates: 3 } }) ?? '', /another sampler/);
    assert.match(refusal({ minClients: 1001, maxClients: 2000 }) ?? '', /at most 1000 clients/);
    assert.match(refusal({ quorum: 2 }) ?? '', /each of them knows the other/);
    assert.equal(
      refusal({ timing: { mode: 'rounds', overSelect: 0.5 }, sampler: { name: 'random', count: 3 } }),
      undefined,
    );
  });

  it('are numbers within their bounds', () => {
    for (const wrong of [
      { clip: 0 },
      { clip: Number.NaN },
      { maxSamples: 0 },
      { maxSamples: 1.5 },
      { threshold: 0.49 },
      { threshold: 1 },
      { neighbours: 1 },
    ]) {
      assert.ok(refusal({ secure: { ...secure, ...wrong } }), JSON.stringify(wrong));
    }
    assert.equal(refusal({ secure: { clip: 0.1, maxSamples: 1, threshold: 0.99, neighbours: 2 } }), undefined);
  });

  it("are checked against a strategy of one's own too", async () => {
    const options = federationOptions({ secure, minClients: 3, quorum: 3 });
    const strategy = {
      ...createStrategy({ name: 'fedavg' }, options.training),
      name: 'mine',
      needs: 'vectors' as const,
    };
    await assert.rejects(createCoordinator({ federation: 'f', model: toyModel(), options, strategy, send: () => {} }), {
      code: 'bad-setting',
      message: /"mine" needs something of each client/,
    });
  });
});
