/** What is charged, and how often it is reckoned. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gaussianEpsilon } from '../../../lib/privacy/gaussian';
import { type Ledger, spent } from '../../../lib/privacy/ledger';
import { createStore } from '../../../lib/state/store';
import { type Accounts, createAccounts } from '../../../nodes/dp-noise/accounts';

const event = { noiseMultiplier: 1, samplingRate: 1 };
const terms = { budget: Number.MAX_VALUE, delta: 1e-5, accountant: 'rdp' } as const;
/** Of so many releases. */
const epsilonOf = (releases: number, delta: number = terms.delta): number =>
  gaussianEpsilon(Math.sqrt(releases), delta);
const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) < 1e-9, `${found} for ${expected}`);

describe('the accounts of fl-dp-noise', () => {
  let folder: string;
  let accounts: Accounts;
  let reckoned = 0;
  const reckoner = {
    spent: async (ledger: Ledger, client?: string): Promise<number> => {
      reckoned++;
      return spent(ledger, client);
    },
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fl-accounts-'));
    accounts = createAccounts(createStore(folder));
    reckoned = 0;
  });
  afterEach(async () => {
    await accounts.settle();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reckon once for all updates of a round', async () => {
    for (const round of ['1', '2', '3']) {
      const all = await Promise.all(
        Array.from({ length: 20 }, () => accounts.charge('f', event, terms, { once: round, reckoner })),
      );
      for (const epsilon of all) near(epsilon, epsilonOf(Number(round)));
    }
    assert.equal(reckoned, 3);
  });

  it('reckon anew for other terms, and tell those of the round what they cost by them', async () => {
    await accounts.charge('f', event, terms, { once: '1', reckoner });
    const stricter = { ...terms, delta: 1e-9 };
    for (let again = 0; again < 3; again++) {
      near(await accounts.charge('f', event, stricter, { once: '1', reckoner }), epsilonOf(1, 1e-9));
    }
    assert.equal(reckoned, 2);
    near(await accounts.charge('f', event, terms, { once: '2', reckoner }), epsilonOf(2));
  });

  it('charge nothing when the reckoning ends in between', async () => {
    const ended = { spent: async (): Promise<number> => Promise.reject(new Error('the node was closed')) };
    await accounts.charge('f', event, terms, { reckoner });
    await assert.rejects(accounts.charge('f', event, terms, { once: '7', reckoner: ended }), /was closed/);
    near(await accounts.charge('f', event, terms, { once: '7', reckoner }), epsilonOf(2));
  });

  it('let nothing out beyond the budget, whoever reckons, and charge nothing for it', async () => {
    const tight = { ...terms, budget: (epsilonOf(1) + epsilonOf(2)) / 2 };
    await accounts.charge('f', event, tight, { reckoner });
    await assert.rejects(accounts.charge('f', event, tight, { reckoner }), { code: 'budget-exhausted' });
    near(await accounts.charge('f', event, terms, { reckoner }), epsilonOf(2));
  });
});
