/** The accountants beside Rényi divergences: distributions of losses (a closer bound), the limit of many releases (none), the exponential mechanism. */
import assert from 'node:assert/strict';
import { centralEpsilon, noiseMultiplierFor, rdpEpsilon } from '../../../lib/privacy/accountant';
import type { PrivacyEvent } from '../../../lib/privacy/events';
import { rdpExponential } from '../../../lib/privacy/exponential';
import { fourier } from '../../../lib/privacy/fft';
import { gaussianEpsilon } from '../../../lib/privacy/gaussian';
import { gdpEpsilon } from '../../../lib/privacy/gdp';
import {
  charge,
  type Ledger,
  newLedger,
  parseLedger,
  releasesLeft,
  spent,
  withBudget,
} from '../../../lib/privacy/ledger';
import { type LossEvent, pldEpsilon } from '../../../lib/privacy/pld';
import { generator } from '../../../lib/random/generator';
import { refused } from '../update/refused';
import { vector } from '../vectors';
import { near } from './near';

interface Plan {
  sigma: number;
  q: number;
  steps: number;
  delta: number;
}
interface Budget {
  eps: number;
  q: number;
  epochs?: number;
  steps?: number;
  delta: number;
}
const stepsOf = ({ steps, epochs = 0, q }: Budget): number => steps ?? Math.floor(epochs / q);
const sampled = (noiseMultiplier: number, samplingRate: number, count: number): LossEvent => ({
  noiseMultiplier,
  samplingRate,
  count,
});

describe('the Fourier transform', () => {
  it('is the sum that it stands for, and its inverse undoes it', () => {
    const random = generator(2, 'fourier');
    for (const n of [1, 2, 8, 64]) {
      const [x, y] = [0, 1].map(() => Float64Array.from({ length: n }, () => random.normal()));
      const [re, im] = [x.slice(), y.slice()];
      fourier(re, im);
      for (let k = 0; k < n; k++) {
        let [a, b] = [0, 0];
        for (let i = 0; i < n; i++) {
          const angle = (-2 * Math.PI * i * k) / n;
          a += x[i] * Math.cos(angle) - y[i] * Math.sin(angle);
          b += x[i] * Math.sin(angle) + y[i] * Math.cos(angle);
        }
        near(re[k], a, 1e-12, 1e-12);
        near(im[k], b, 1e-12, 1e-12);
      }
      fourier(re, im, true);
      for (let i = 0; i < n; i++) near(re[i], x[i], 1e-13, 1e-13);
    }
  });
});

describe('distributions of losses', () => {
  it('are above the exact epsilon of Gaussian mechanisms, by less than a hundredth', () => {
    for (const [sigma, count] of [
      [0.5, 1],
      [1, 1],
      [4, 1],
      [1, 20],
      [2, 10],
      [10, 100],
      [30, 1000],
    ]) {
      for (const delta of [1e-3, 1e-5, 1e-7]) {
        const exact = gaussianEpsilon(Math.sqrt(count) / sigma, delta);
        const found = pldEpsilon([sampled(sigma, 1, count)], delta);
        assert.ok(found >= exact && found < exact * 1.003 + 1e-3, `${found} for ${exact}: ${sigma} ${count} ${delta}`);
      }
    }
  });

  it('agree with the accountant of Opacus (PRV), which errs by 0.01 at most', () => {
    const { input, expected } = vector<Plan, number>('opacus-prv-eps');
    const epsilon = pldEpsilon([sampled(input.sigma, input.q, input.steps)], input.delta);
    assert.ok(Math.abs(epsilon - expected) < 0.01, `${epsilon}`);
    for (const id of ['opacus-sigma-prv-epochs', 'opacus-sigma-prv-steps'] as const) {
      const { input: plan, expected: sigma } = vector<Budget, number>(id);
      // It looks for a multiplier whose epsilon is at most 0.01 below, and adds its own error.
      const at = pldEpsilon([sampled(sigma, plan.q, stepsOf(plan))], plan.delta);
      assert.ok(at < plan.eps && at > plan.eps - 0.02, `${at}`);
      const found = noiseMultiplierFor(
        plan.eps,
        (z) => pldEpsilon([sampled(z, plan.q, stepsOf(plan))], plan.delta),
        0.01,
      );
      near(found, sigma, 0.002);
    }
  });

  it('agree with the Fourier accountant of Koskela, Jälkö and Honkela', () => {
    // Of the read-me of DPBayes/PLD-Accountant: q = 0.01, sigma = 4, delta at epsilon 1. It says 1000 compositions, and its number is that of
    // 10,000, as the limit of many releases shows: mu is 0.25 there, and with 0.08 delta would be below 1e-30.
    const delta = 4.243484012034273e-6;
    near(gdpEpsilon(4, 0.01, 10_000, delta), 1, 0.03);
    const epsilon = pldEpsilon([sampled(4, 0.01, 10_000)], delta);
    assert.ok(epsilon >= 1 && epsilon < 1.001, `${epsilon}`);
  });

  /** delta at epsilon by drawing losses, and its standard error. */
  function drawn(sigma: number, q: number, count: number, epsilon: number, isAdded: boolean): [number, number] {
    const random = generator(6, 'losses', sigma, q, count);
    const n = 200_000;
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      let loss = 0;
      for (let step = 0; step < count; step++) {
        const x = sigma * random.normal() + (!isAdded && random.uniform() < q ? 1 : 0);
        const one = Math.log(1 - q + q * Math.exp((2 * x - 1) / (2 * sigma * sigma)));
        loss += isAdded ? -one : one;
      }
      const part = Math.max(0, -Math.expm1(epsilon - loss));
      sum += part / n;
      squares += (part * part) / n;
    }
    return [sum, Math.sqrt((squares - sum * sum) / n)];
  }

  it('agree with losses that are drawn, whatever the sampling', () => {
    for (const [sigma, q, count, epsilon] of [
      [1, 0.3, 5, 2],
      [0.7, 0.1, 10, 1.5],
      [2, 0.5, 20, 1],
      [1.5, 0.9, 3, 2],
    ]) {
      const both = [false, true].map((isAdded) => drawn(sigma, q, count, epsilon, isAdded));
      const [delta, error] = both[0][0] > both[1][0] ? both[0] : both[1];
      // What is found at the drawn delta, less and more its error, lies about the epsilon.
      const [low, high] = [delta + 5 * error, delta - 5 * error].map((one) =>
        pldEpsilon([sampled(sigma, q, count)], one),
      );
      assert.ok(low <= epsilon * 1.005 && epsilon <= high, `${low} ${epsilon} ${high}: ${sigma} ${q} ${count}`);
    }
  });

  it('are never above Rényi divergences by more than the grid, over all regimes, and grow with each release', () => {
    for (const q of [1e-3, 0.01, 0.1, 0.5, 0.9]) {
      for (const sigma of [0.5, 1, 2, 5]) {
        let before = 0;
        for (const count of [1, 30, 900]) {
          const found = pldEpsilon([sampled(sigma, q, count)], 1e-5);
          const rdp = rdpEpsilon({ noiseMultiplier: sigma, samplingRate: q, steps: count, delta: 1e-5 });
          // Beyond float64 it says nothing.
          if (rdp > 500) continue;
          assert.ok(found <= rdp * 1.001 + 1e-3, `${found} and ${rdp}: ${q} ${sigma} ${count}`);
          assert.ok(found >= before && found < Number.POSITIVE_INFINITY, `${found} after ${before}`);
          before = found;
        }
      }
    }
  });

  it('add up over unlike releases, in whatever order', () => {
    const [a, b] = [sampled(1, 0.02, 300), sampled(2, 0.1, 50)];
    near(pldEpsilon([a, b], 1e-5), pldEpsilon([b, a], 1e-5), 1e-9);
    near(pldEpsilon([a, a], 1e-5), pldEpsilon([sampled(1, 0.02, 600)], 1e-5), 1e-6);
    assert.ok(pldEpsilon([a, b], 1e-5) > pldEpsilon([a], 1e-5));
    // Randomised response of epsilon 1, once: delta above 0 buys nearly nothing; and a hundred times far less than the sum.
    near(pldEpsilon([{ epsilon: 1, count: 1 }], 1e-9), 1, 1e-3);
    assert.ok(pldEpsilon([{ epsilon: 0.1, count: 100 }], 1e-5) < 5);
    assert.equal(pldEpsilon([], 1e-5), 0);
    assert.equal(pldEpsilon([sampled(1, 0, 5)], 1e-5), 0);
    assert.equal(pldEpsilon([sampled(0, 0.1, 5)], 1e-5), Number.POSITIVE_INFINITY);
    assert.throws(() => pldEpsilon([sampled(1, 2, 5)], 1e-5), RangeError);
    assert.throws(() => pldEpsilon([sampled(1, 0.1, 5)], 0), RangeError);
  });

  it('say nothing rather than too little where losses are beyond float64, or rounding would eat delta', () => {
    assert.equal(pldEpsilon([sampled(0.05, 0.1, 10)], 1e-5), Number.POSITIVE_INFINITY);
    assert.equal(pldEpsilon([sampled(0.001, 0.5, 1)], 1e-5), Number.POSITIVE_INFINITY);
    assert.ok(Number.isFinite(centralEpsilon(0.05, 0.1, 10, 1e-5, 'pld')));
    assert.equal(pldEpsilon([sampled(1, 0.01, 1000)], 1e-15), Number.POSITIVE_INFINITY);
    const plan = { noiseMultiplier: 1, samplingRate: 0.01, steps: 1000, delta: 1e-15 };
    assert.equal(centralEpsilon(1, 0.01, 1000, 1e-15, 'pld'), rdpEpsilon(plan));
  });
});

describe('the limit of many releases (GDP)', () => {
  it('agrees with Opacus', () => {
    const { input, expected } = vector<Plan, [number, number]>('opacus-gdp-eps');
    // That test counts its steps as 90 // 0.04, which is 2249 in float64 and not the 2250 of the others.
    const steps = Math.floor(90 / 0.04) - 1;
    assert.equal(steps, input.steps - 1);
    const epsilon = gdpEpsilon(input.sigma, input.q, steps, input.delta);
    assert.ok(epsilon > expected[0] && epsilon < expected[1], `${epsilon}`);
    const { input: budget, expected: sigma } = vector<Budget, number>('opacus-sigma-gdp');
    const found = noiseMultiplierFor(budget.eps, (z) => gdpEpsilon(z, budget.q, stepsOf(budget), budget.delta), 0.01);
    near(found, sigma, 1e-7);
  });

  it('is exact without sampling, and below what is true with it', () => {
    near(gdpEpsilon(2, 1, 9, 1e-5), gaussianEpsilon(1.5, 1e-5), 1e-12);
    const { input, expected } = vector<Plan, number>('opacus-prv-eps');
    assert.ok(gdpEpsilon(input.sigma, input.q, input.steps, input.delta) < expected - 0.01);
  });
});

describe('the exponential mechanism', () => {
  it('costs what dp_accounting has', () => {
    const { input, expected } = vector<{ eps: number; orders: number[] }, number[]>('dpacc-expmech');
    for (const [i, order] of input.orders.entries()) near(rdpExponential(input.eps, order), expected[i], 1e-7);
  });

  it('is never above what its range of losses allows', () => {
    // All losses in [t - epsilon, t]: the worst has only these two, the upper with the chance that makes the other a distribution.
    const divergence = (epsilon: number, order: number, t: number): number => {
      const upper = (Math.exp(epsilon) - Math.exp(t)) / Math.expm1(epsilon);
      return t + Math.log(upper + (1 - upper) * Math.exp((1 - order) * epsilon)) / (order - 1);
    };
    for (const epsilon of [1e-4, 0.01, 0.1, 1, 3, 8]) {
      for (const order of [1.0001, 1.5, 2, 5, 30, 200]) {
        let worst = 0;
        for (let i = 1; i < 1000; i++) worst = Math.max(worst, divergence(epsilon, order, (epsilon * i) / 1000));
        assert.ok(rdpExponential(epsilon, order) >= worst * (1 - 1e-6) - 1e-11, `${epsilon} ${order}`);
      }
      near(
        rdpExponential(epsilon, 1.0001),
        divergence(epsilon, 1.0001, Math.log(Math.expm1(epsilon) / epsilon)),
        1e-3,
        1e-11,
      );
    }
  });
});

describe('a ledger with other accountants and mechanisms', () => {
  const delta = 1e-5;
  const times = (count: number, event: PrivacyEvent, ledger: Ledger): Ledger => {
    let after = ledger;
    for (let i = 0; i < count; i++) after = charge(after, event);
    return after;
  };
  const gaussian = { noiseMultiplier: 1.1, samplingRate: 0.1 };

  it('counts the same releases by whichever is chosen', () => {
    const ledger = times(20, gaussian, newLedger(1e6, delta));
    const by = (['rdp', 'pld', 'gdp'] as const).map((accountant) => spent(withBudget(ledger, 1e6, delta, accountant)));
    near(by[0], rdpEpsilon({ ...gaussian, steps: 20, delta }), 1e-9);
    near(by[1], pldEpsilon([{ ...gaussian, count: 20 }], delta), 1e-9);
    near(by[2], gdpEpsilon(1.1, 0.1, 20, delta), 1e-9);
    assert.ok(by[2] < by[1] && by[1] < by[0]);
    // The closer bound has room for more.
    const left = (['rdp', 'pld'] as const).map((one) => releasesLeft(withBudget(ledger, 6, delta, one), gaussian));
    assert.ok(left[1] > left[0] && left[0] > 0, `${left}`);
    for (const [i, accountant] of (['rdp', 'pld'] as const).entries()) {
      const full = withBudget(ledger, 6, delta, accountant);
      refused('budget-exhausted', () => times(left[i] + 1, gaussian, full));
      times(left[i], gaussian, full);
    }
  });

  it('without sampling is exact by each of them', () => {
    const ledger = times(4, { noiseMultiplier: 4, samplingRate: 1 }, newLedger(1e6, delta));
    for (const accountant of ['rdp', 'pld', 'gdp'] as const) {
      near(spent(withBudget(ledger, 1e6, delta, accountant)), gaussianEpsilon(1 / 2, delta), 1e-9);
    }
  });

  it('keeps draws of the exponential mechanism, of one client or of all', () => {
    let ledger = newLedger(1e6, delta);
    ledger = charge(ledger, { mechanism: 'exponential', epsilon: 0.5 });
    ledger = times(3, { mechanism: 'exponential', epsilon: 0.25, client: 'a' }, ledger);
    assert.deepEqual(parseLedger(JSON.parse(JSON.stringify(ledger))), ledger);
    assert.ok(spent(ledger, 'a') > spent(ledger, 'b') && spent(ledger, 'b') > 0);
    assert.equal(spent(ledger), spent(ledger, 'a'));
    // Alone it is never above its own epsilon, and many are less than their sum.
    assert.ok(spent(ledger, 'b') < 0.502);
    const many = times(400, { mechanism: 'exponential', epsilon: 0.05 }, newLedger(1e6, delta));
    for (const accountant of ['rdp', 'pld'] as const) {
      const epsilon = spent(withBudget(many, 1e6, delta, accountant));
      assert.ok(epsilon < 4 && epsilon > 1, `${epsilon}`);
    }
    refused('header', () => parseLedger({ ...ledger, entries: [{ mechanism: 'exponential', epsilon: -1, count: 1 }] }));
    refused('header', () => parseLedger({ ...ledger, entries: [{ mechanism: 'laplace', epsilon: 1, count: 1 }] }));
    refused('header', () => parseLedger({ ...ledger, accountant: 'best' }));
  });
});
