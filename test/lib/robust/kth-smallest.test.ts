import assert from 'node:assert/strict';
import { generator } from '../../../lib/random/generator';
import { kthSmallest } from '../../../lib/robust/kth-smallest';

describe('kthSmallest', () => {
  it('finds what sorting finds, with ties and without', () => {
    const random = generator(1, 'select');
    for (let trial = 0; trial < 300; trial++) {
      const length = 1 + random.below(40);
      const kinds = 1 + random.below(50);
      const values = Float64Array.from({ length }, () => (trial % 2 === 0 ? random.below(kinds) : random.normal()));
      const sorted = values.slice().sort();
      for (let index = 0; index < length; index++) assert.equal(kthSmallest(values.slice(), index), sorted[index]);
    }
  });

  it('keeps the values, in another order', () => {
    const values = Float64Array.of(5, 1, 4, 1, 3, Number.POSITIVE_INFINITY);
    const sorted = values.slice().sort();
    assert.equal(kthSmallest(values, 2), 3);
    assert.deepEqual(values.sort(), sorted);
  });

  it('refuses places that are none', () => {
    for (const index of [-1, 3, 0.5, Number.NaN])
      assert.throws(() => kthSmallest(new Float64Array(3), index), RangeError);
  });
});
