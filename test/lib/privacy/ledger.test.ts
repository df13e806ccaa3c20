import assert from 'node:assert/strict';
import { rdpEpsilon } from '../../../lib/privacy/accountant';
import type { GaussianEvent } from '../../../lib/privacy/events';
import { gaussianEpsilon } from '../../../lib/privacy/gaussian';
import {
  charge,
  type Ledger,
  newLedger,
  parseLedger,
  releasesLeft,
  spent,
  withBudget,
} from '../../../lib/privacy/ledger';
import { localEvent } from '../../../lib/privacy/local';
import { refused } from '../update/refused';
import { near } from './near';

const delta = 1e-5;
const times = (count: number, event: GaussianEvent, ledger: Ledger = newLedger(1e6, delta)): Ledger => {
  let after = ledger;
  for (let i = 0; i < count; i++) after = charge(after, event);
  return after;
};

describe('budget ledger', () => {
  const plain: GaussianEvent = { noiseMultiplier: 4, samplingRate: 1 };
  const sampled: GaussianEvent = { noiseMultiplier: 1.1, samplingRate: 0.1 };

  it('sums up like the accountants', () => {
    near(spent(times(9, plain)), gaussianEpsilon(3 / 4, delta), 1e-9);
    near(spent(times(9, sampled)), rdpEpsilon({ ...sampled, steps: 9, delta }), 1e-9);
    // Unlike releases: (sum of 1 / sigma^2) of Gaussians is that of one Gaussian.
    const mixed = times(4, { noiseMultiplier: 2, samplingRate: 1 }, times(9, { noiseMultiplier: 3, samplingRate: 1 }));
    near(spent(mixed), gaussianEpsilon(Math.SQRT2, delta), 1e-9);
    near(spent(times(16, localEvent(8))), gaussianEpsilon(1, delta), 1e-9);
    assert.equal(spent(newLedger(1, delta)), 0);
  });

  it('never shrinks, whatever comes', () => {
    let ledger = newLedger(1e6, delta);
    let before = 0;
    for (let i = 0; i < 40; i++) {
      ledger = charge(
        ledger,
        i % 3 === 0 ? sampled : { noiseMultiplier: 1 + (i % 5), samplingRate: i % 2 === 0 ? 1 : 0.2 },
      );
      assert.ok(spent(ledger) > before);
      before = spent(ledger);
    }
  });

  it('lets nothing pass the budget, and is left as it was', () => {
    const ledger = newLedger(2, delta);
    const left = releasesLeft(ledger, plain);
    const full = times(left, plain, ledger);
    assert.ok(left > 0 && spent(full) <= 2);
    const copy = structuredClone(full);
    refused('budget-exhausted', () => charge(full, plain), /epsilon/);
    assert.deepEqual(full, copy);
    assert.equal(releasesLeft(full, plain), 0);
    // Smaller events may still fit.
    assert.ok(releasesLeft(full, { noiseMultiplier: 1000, samplingRate: 1 }) > 0);
    assert.equal(releasesLeft(ledger, plain, 3), 3);
  });

  it('survives JSON, and another budget', () => {
    const ledger = times(5, sampled, times(2, plain));
    const read = parseLedger(JSON.parse(JSON.stringify(ledger)));
    assert.deepEqual(read, ledger);
    const tighter = withBudget(read, 0.5, 1e-6);
    assert.ok(spent(tighter) > spent(ledger));
    refused('budget-exhausted', () => charge(tighter, sampled));
  });

  it('is not read from what is no ledger', () => {
    const ledger = times(1, plain);
    for (const change of [
      { version: 2 },
      { delta: 1 },
      { delta: 0 },
      { budget: -1 },
      { budget: null },
      { entries: [{ ...ledger.entries[0], count: -3 }] },
      { entries: [{ ...ledger.entries[0], noiseMultiplier: 0 }] },
      { entries: [{ ...ledger.entries[0], samplingRate: 2 }] },
      { entries: {} },
    ]) {
      refused('header', () => parseLedger({ ...ledger, ...change }), /.+/);
    }
    for (const event of [
      { noiseMultiplier: 0, samplingRate: 1 },
      { noiseMultiplier: 1, samplingRate: 0 },
    ]) {
      assert.throws(() => charge(ledger, event), RangeError);
    }
  });
});
