import assert from 'node:assert/strict';
import { checkClassWeighting, classWeightsOf } from '../../../lib/data/class-weights';

const near = (values: readonly number[], expected: readonly number[]): void => {
  assert.equal(values.length, expected.length);
  values.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-9 * Math.max(1, expected[i]), `${values} for ${expected}`);
  });
};

describe('class weights from counts', () => {
  it('balanced: every class weighs the same in all', () => {
    const counts = [900, 90, 10];
    const weights = classWeightsOf(counts, { name: 'balanced', cap: 1000 });
    near(
      weights.map((weight, i) => weight * counts[i]),
      [1000 / 3, 1000 / 3, 1000 / 3],
    );
  });

  it('effective number: Cui et al., equations 2 and 12, for 1, 2 and 3 samples by hand', () => {
    // E_1 = 1, E_2 = 1 + beta, E_3 = 1 + beta + beta^2.
    const beta = 0.5;
    const inverse = [1, 1 / 1.5, 1 / 1.75];
    const sum = inverse.reduce((a, b) => a + b);
    near(
      classWeightsOf([1, 2, 3], { name: 'effective-number', beta, cap: 1000 }),
      inverse.map((one) => (3 * one) / sum),
    );
  });

  it('effective number: beta 0 weighs all alike, beta near 1 by the inverse of the counts', () => {
    near(classWeightsOf([5, 500], { name: 'effective-number', beta: 0, cap: 100 }), [1, 1]);
    const [rare, common] = classWeightsOf([5, 500], { name: 'effective-number', beta: 1 - 1e-9, cap: 100 });
    assert.ok(Math.abs(rare / common - 100) < 1e-3, String(rare / common));
  });

  it('no weight passes the cap, and a class that nobody has gets it', () => {
    assert.deepEqual(classWeightsOf([10_000, 1, 0], { name: 'balanced', cap: 10 })[1], 10);
    assert.deepEqual(classWeightsOf([10_000, 1, 0], { name: 'balanced', cap: 10 })[2], 10);
    near(classWeightsOf([4, 4, 0], { name: 'effective-number', beta: 0.9, cap: 7 }), [1, 1, 7]);
  });

  it('says what to mend of settings that make no sense', () => {
    for (const cap of [0, Number.NaN])
      assert.throws(() => checkClassWeighting({ name: 'balanced', cap }), { code: 'bad-setting' });
    for (const beta of [1, -0.1, Number.NaN]) {
      assert.throws(() => checkClassWeighting({ name: 'effective-number', beta, cap: 10 }), { code: 'bad-setting' });
    }
    assert.throws(() => classWeightsOf([0, 0], { name: 'balanced', cap: 10 }), RangeError);
  });
});
