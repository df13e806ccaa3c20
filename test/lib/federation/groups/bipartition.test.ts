import assert from 'node:assert/strict';
import { bipartition, cosine, similarities } from '../../../../lib/federation/groups/bipartition';
import { generator } from '../../../../lib/random/generator';

/** The least, over all ways to cut n in two, of the greatest similarity across: by trying all of them. */
function leastAcross(similarity: Float64Array, n: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let mask = 1; mask < 2 ** (n - 1); mask++) {
    let across = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        // Number n - 1 is always on the side of zeros.
        if (((mask >> i) & 1) !== ((mask >> j) & 1)) across = Math.max(across, similarity[i * n + j]);
      }
    }
    least = Math.min(least, across);
  }
  return least;
}

const acrossOf = (similarity: Float64Array, sides: readonly boolean[]): number => {
  const n = sides.length;
  let across = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) if (sides[i] !== sides[j]) across = Math.max(across, similarity[i * n + j]);
  }
  return across;
};

describe('bipartition', () => {
  it('finds the best of all cuts', () => {
    const random = generator(1, 'cuts');
    for (let n = 2; n <= 9; n++) {
      for (let time = 0; time < 20; time++) {
        const vectors = Array.from({ length: n }, () => Float32Array.from({ length: 4 }, () => random.normal()));
        const similarity = similarities(vectors);
        const { sides, across } = bipartition(similarity, n);
        assert.ok(sides.includes(true) && sides.includes(false));
        assert.equal(sides[0], false);
        assert.equal(across, leastAcross(similarity, n));
        assert.equal(acrossOf(similarity, sides), across);
      }
    }
  });

  it('parts those who pull apart', () => {
    const of = (...values: number[]) => Float32Array.from(values);
    const vectors = [of(1, 0.1), of(-1, 0.2), of(2, -0.1), of(-3, 0), of(0.5, 0.05)];
    const { sides, across } = bipartition(similarities(vectors), 5);
    assert.deepEqual(sides, [false, true, false, true, false]);
    assert.ok(across < -0.9);
  });

  it('cuts also where all are alike, and takes no fewer than two', () => {
    const { sides } = bipartition(new Float64Array(16).fill(1), 4);
    assert.ok(sides.includes(true) && sides.includes(false));
    assert.throws(() => bipartition(new Float64Array(1), 1), RangeError);
    assert.throws(() => bipartition(new Float64Array(5), 2), RangeError);
  });
});

describe('cosine', () => {
  it('is that of the angle, and 0 where there is none', () => {
    assert.ok(Math.abs(cosine(Float32Array.of(1, 0), Float32Array.of(1, 1)) - Math.SQRT1_2) < 1e-12);
    assert.equal(cosine(Float32Array.of(3, 4), Float32Array.of(-6, -8)), -1);
    assert.equal(cosine(Float32Array.of(0, 0), Float32Array.of(1, 1)), 0);
  });
});
