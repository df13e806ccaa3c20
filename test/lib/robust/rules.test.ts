/** Each rule against its definition, computed again in float64; and what each is proved to do. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { createRule, ruleNames } from '../../../lib/robust';
import type { RuleOptions } from '../../../lib/robust/options';
import type { Combined, Rule, RuleInput } from '../../../lib/robust/rule';
import { refused } from '../update/refused';
import {
  column,
  lengthOf,
  mean,
  medianOf,
  minus,
  naiveBulyan,
  naiveKrum,
  naiveMedian,
  naiveTrimmedMean,
  type Vectors,
} from './naive';

const kernels = createKernels();
const random = generator(11, 'rules');

function rule(options: RuleOptions): Rule {
  const made = createRule(options);
  assert.ok(made);
  return made;
}
const combine = (options: RuleOptions, input: RuleInput): Combined => rule(options).combine(input, kernels);
const floats = (vectors: Vectors): Float32Array[] => vectors.map((vector) => Float32Array.from(vector));
function near(values: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-7): void {
  assert.equal(values.length, expected.length);
  for (let k = 0; k < values.length; k++) {
    const bound = tolerance * Math.max(1e-3, Math.abs(expected[k]));
    assert.ok(Math.abs(values[k] - expected[k]) <= bound, `number ${k}: ${values[k]} is not ${expected[k]}`);
  }
}

/** Kinds of numbers: normal ones, few different ones, of all sizes, mostly zeros. */
const kinds: (() => number)[] = [
  () => random.normal(),
  () => random.below(5) - 2,
  () => random.normal() * 10 ** (random.below(23) - 12),
  () => (random.below(4) === 0 ? random.normal() : 0),
];
const vectorsOf = (n: number, length: number, kind: () => number): number[][] =>
  Array.from({ length: n }, () => Array.from({ length }, () => Math.fround(kind())));

describe('Robust rules by their definitions', () => {
  it('median and trimmed mean of each coordinate, with ties and without', () => {
    for (let trial = 0; trial < 80; trial++) {
      const n = 1 + random.below(40);
      const vectors = vectorsOf(n, 1 + random.below(70), kinds[trial % kinds.length]);
      near(combine({ name: 'median' }, { vectors: floats(vectors) }).aggregate, naiveMedian(vectors));
      const cut = random.below(Math.ceil(n / 2));
      if (cut === 0) continue;
      const { aggregate } = combine({ name: 'trimmed-mean', beta: cut / n }, { vectors: floats(vectors) });
      const expected = naiveTrimmedMean(vectors, cut);
      for (const [k, value] of aggregate.entries()) {
        const size = Math.max(...column(vectors, k).map(Math.abs));
        assert.ok(Math.abs(value - expected[k]) <= 1e-12 * size + 1e-7 * Math.abs(expected[k]));
      }
    }
  });

  it('the trimmed mean takes floor(beta n) from each end, refuses to take none, and no beta leaves nothing', () => {
    const line = floats(Array.from({ length: 100 }, (_, i) => [i ** 2]));
    const cut29 = Array.from({ length: 42 }, (_, i) => (i + 29) ** 2);
    near(combine({ name: 'trimmed-mean', beta: 0.29 }, { vectors: line }).aggregate, [mean(cut29)]);
    refused('too-few-updates', () => combine({ name: 'trimmed-mean', beta: 0.1 }, { vectors: line.slice(0, 9) }), /10/);
    refused(
      'too-few-updates',
      () => combine({ name: 'trimmed-mean', beta: 0.1, f: 3 }, { vectors: line.slice(0, 29) }),
      /30/,
    );
    combine({ name: 'trimmed-mean', beta: 0.1, f: 3 }, { vectors: line.slice(0, 30) });
    for (const beta of [0, 0.5, 0.7, -0.1, Number.NaN]) {
      refused('bad-setting', () => createRule({ name: 'trimmed-mean', beta }));
    }
  });

  it('Krum and Multi-Krum', () => {
    for (let trial = 0; trial < 40; trial++) {
      const f = random.below(4);
      const n = 2 * f + 3 + random.below(8);
      const vectors = vectorsOf(n, 1 + random.below(30), () => random.normal());
      const all = vectors.map((_, i) => i);
      const best = naiveKrum(vectors, all, f);
      const { aggregate, rejected } = combine({ name: 'krum', f }, { vectors: floats(vectors) });
      near(aggregate, vectors[best], 0);
      assert.equal(rejected.length, n - 1);
      const many = combine({ name: 'multi-krum', f }, { vectors: floats(vectors) });
      const out = new Set(many.rejected.map(({ index }) => index));
      assert.equal(out.size, f + 2);
      assert.ok(!out.has(best));
      const kept = vectors.filter((_, i) => !out.has(i));
      near(
        many.aggregate,
        vectors[0].map((_, k) => mean(column(kept, k))),
        1e-6,
      );
      const order = [...many.scores.keys()].sort((a, b) => many.scores[a] - many.scores[b]);
      assert.deepEqual(new Set(order.slice(n - f - 2)), out);
    }
  });

  it('Bulyan picks as if everything were computed anew after each pick', () => {
    for (let trial = 0; trial < 40; trial++) {
      const f = random.below(4);
      const n = 4 * f + 3 + random.below(8);
      // Distances of very different sizes: what is left of them must not depend on those that are gone.
      const vectors = vectorsOf(n, 1 + random.below(20), () => random.normal()).map((vector, i) =>
        vector.map((x) => Math.fround(i < f ? x * 1e15 : x)),
      );
      const expected = naiveBulyan(vectors, f);
      const { aggregate, rejected } = combine({ name: 'bulyan', f }, { vectors: floats(vectors) });
      const picked = new Set(expected.picks);
      assert.deepEqual(
        rejected.map(({ index }) => index),
        vectors.flatMap((_, i) => (picked.has(i) ? [] : [i])),
      );
      near(aggregate, expected.aggregate, 1e-6);
    }
  });

  it('the geometric median: no direction leads to less, which is checked by its subgradient', () => {
    for (let trial = 0; trial < 40; trial++) {
      const n = 3 + random.below(20);
      const vectors = vectorsOf(n, 2 + random.below(20), () => random.normal());
      const weights = vectors.map(() => 1 + random.below(trial % 2 === 0 ? 1 : 20));
      const total = weights.reduce((a, b) => a + b, 0);
      const { aggregate } = combine(
        { name: 'geometric-median', iterations: 2000, weights: 'samples' },
        { vectors: floats(vectors), weights },
      );
      // Where a vector lies, its own weight holds the point there; elsewhere the pulls cancel each other.
      const unheld = (point: readonly number[]): number => {
        const pull = point.map(() => 0);
        let held = 0;
        vectors.forEach((vector, i) => {
          const away = minus(vector, point);
          const distance = lengthOf(away);
          if (distance === 0) held += weights[i] / total;
          else for (const k of pull.keys()) pull[k] += ((weights[i] / total) * away[k]) / distance;
        });
        return lengthOf(pull) - held;
      };
      const point = [...aggregate];
      const [nearest] = [...vectors].sort((a, b) => lengthOf(minus(a, point)) - lengthOf(minus(b, point)));
      const there = lengthOf(minus(nearest, point)) < 1e-2 && unheld(nearest) <= 0;
      assert.ok(there || unheld(point) < 1e-4, `pulled by ${unheld(point)}`);
    }
  });

  it('the geometric median takes its weights anew in each iteration: compounded they give [0.34, 0.34] here', () => {
    const vectors = floats([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    near(combine({ name: 'geometric-median' }, { vectors }).aggregate, [0.5, 0.5], 1e-5);
    // More than half of the weight in one place: the median is there.
    const heavy = combine(
      { name: 'geometric-median', iterations: 1000, weights: 'samples' },
      { vectors, weights: [10, 1, 1, 1] },
    );
    near(heavy.aggregate, [0, 0], 1e-2);
  });

  it("FLTrust: the trust is the cosine above 0, the lengths are the root's", () => {
    for (let trial = 0; trial < 30; trial++) {
      const vectors = vectorsOf(2 + random.below(10), 8, () => random.normal());
      const root = vectorsOf(1, 8, () => random.normal())[0];
      const cosine = (v: number[]): number =>
        v.reduce((s, x, k) => s + x * root[k], 0) / (lengthOf(v) * lengthOf(root));
      const trust = vectors.map((v) => Math.max(0, cosine(v)));
      const sum = trust.reduce((a, b) => a + b, 0);
      const expected = root.map((_, k) =>
        sum === 0 ? 0 : vectors.reduce((s, v, i) => s + (trust[i] * lengthOf(root) * v[k]) / lengthOf(v), 0) / sum,
      );
      const { aggregate, scores, rejected } = combine(
        { name: 'fltrust' },
        { vectors: floats(vectors), root: Float32Array.from(root) },
      );
      near(scores, trust, 1e-5);
      for (const [k, value] of aggregate.entries()) assert.ok(Math.abs(value - expected[k]) < 1e-5);
      assert.deepEqual(
        rejected.map(({ index }) => index),
        trust.flatMap((t, i) => (t > 0 ? [] : [i])),
      );
    }
    // Nobody trusted, or without direction: the model stays.
    const root = Float32Array.of(1, 0);
    const against = floats([
      [-1, 0],
      [0, 0],
      [-3, 4],
    ]);
    assert.deepEqual([...combine({ name: 'fltrust' }, { vectors: against, root }).aggregate], [0, 0]);
    refused('no-root', () => combine({ name: 'fltrust' }, { vectors: against }));
    refused('no-root', () => combine({ name: 'fltrust' }, { vectors: against, root: Float32Array.of(0, 0) }));
  });

  it('CenteredClip goes from the aggregate before, each vector pulls by at most tau', () => {
    for (let trial = 0; trial < 30; trial++) {
      const vectors = vectorsOf(2 + random.below(10), 6, () => random.normal());
      const previous = vectorsOf(1, 6, () => random.normal())[0];
      const tau = 0.2 + random.uniform();
      let v: number[] = previous;
      for (let l = 0; l < 4; l++) {
        const pulls = vectors.map((x) => {
          const away = minus(x, v);
          const factor = Math.min(1, tau / lengthOf(away));
          return away.map((y) => y * factor);
        });
        v = v.map((y, k) => y + mean(column(pulls, k)));
      }
      const input = { vectors: floats(vectors), previous: Float32Array.from(previous) };
      const { aggregate } = combine({ name: 'centered-clip', tau, iterations: 4 }, input);
      for (const [k, value] of aggregate.entries()) assert.ok(Math.abs(value - v[k]) < 1e-5);
    }
  });

  it('norm bounding is total: zero vectors, one vector, all alike', () => {
    const zero = floats([
      [0, 0],
      [0, 0],
      [3, 4],
    ]);
    assert.deepEqual(
      [...combine({ name: 'norm-bound', bound: 1 }, { vectors: zero }).aggregate],
      [0.2, 0.8 / 3].map(Math.fround),
    );
    // The median of the norms is 0 here: nothing of the long one counts.
    assert.deepEqual([...combine({ name: 'norm-bound' }, { vectors: zero }).aggregate], [0, 0]);
    assert.deepEqual([...combine({ name: 'norm-bound' }, { vectors: zero.slice(2) }).aggregate], [3, 4]);
  });

  it('FLAME keeps the majority that holds together, shortens to the median norm, and adds noise of lambda times it', () => {
    const toward = (angle: number, length: number): number[] => [length * Math.cos(angle), length * Math.sin(angle)];
    // Six within 0.2 rad, four together at 2 rad, one alone.
    const vectors = [
      ...[0, 0.04, 0.08, 0.12, 0.16, 0.2].map((angle, i) => toward(angle, 1 + i)),
      ...[2, 2.01, 2.02, 2.03].map((angle) => toward(angle, 50)),
      toward(4, 1),
    ];
    const { aggregate, rejected } = combine({ name: 'flame', lambda: 0 }, { vectors: floats(vectors) });
    assert.deepEqual(
      rejected.map(({ index }) => index),
      [6, 7, 8, 9, 10],
    );
    const limit = medianOf(vectors.map(lengthOf));
    const shortened = vectors.slice(0, 6).map((v) => v.map((x) => x * Math.min(1, limit / lengthOf(v))));
    near(
      aggregate,
      vectors[0].map((_, k) => mean(column(shortened, k))),
      1e-5,
    );
    const many = vectorsOf(5, 4000, () => 1);
    const noisy = combine({ name: 'flame', lambda: 0.01 }, { vectors: floats(many), seed: 3 });
    const deviation = Math.sqrt(mean([...noisy.aggregate].map((x) => (x - 1) ** 2)));
    assert.ok(Math.abs(deviation / (0.01 * Math.sqrt(4000)) - 1) < 0.05, String(deviation));
    const again = combine({ name: 'flame', lambda: 0.01 }, { vectors: floats(many), seed: 3 });
    assert.deepEqual(again.aggregate, noisy.aggregate);
    assert.notDeepEqual(
      combine({ name: 'flame', lambda: 0.01 }, { vectors: floats(many), seed: 4 }).aggregate,
      noisy.aggregate,
    );
  });
});

/** With attackers among n vectors: f of them, and what the rule needs. */
const defences: RuleOptions[] = [
  { name: 'median', f: 3 },
  { name: 'trimmed-mean', beta: 0.2, f: 3 },
  { name: 'krum', f: 3 },
  { name: 'multi-krum', f: 3 },
  { name: 'bulyan', f: 3 },
  { name: 'geometric-median', iterations: 1000 },
  { name: 'geometric-median', iterations: 1000, weights: 'samples' },
  { name: 'norm-bound' },
  { name: 'norm-bound', weights: 'samples' },
  { name: 'fltrust' },
  { name: 'centered-clip', iterations: 20 },
  { name: 'flame' },
  { name: 'foolsgold' },
];

describe('Every robust rule', () => {
  it('is tried here', () => {
    assert.deepEqual(
      [...new Set(defences.map(({ name }) => name))],
      ruleNames.filter((name) => name !== 'mean'),
    );
  });

  for (const options of defences) {
    const title = 'weights' in options ? `${options.name} by samples` : options.name;
    it(`${title} gives the same bits in whatever order the vectors are, and changes none of them`, () => {
      for (let trial = 0; trial < 10; trial++) {
        const vectors = floats(vectorsOf(15, 50, () => random.normal()));
        const copies = vectors.map((vector) => vector.slice());
        const root = vectors[7].slice();
        const order = vectors.map((_, i) => i).sort(() => random.uniform() - 0.5);
        const one = combine(options, { vectors, root });
        const other = combine(options, { vectors: order.map((i) => vectors[i]), root });
        // Norms that are known already change nothing.
        const norms = vectors.map((vector) => kernels.norm(vector));
        assert.deepEqual(combine(options, { vectors, root, norms }), one);
        assert.deepEqual(other.aggregate, one.aggregate);
        assert.deepEqual(vectors, copies);
        for (const [place, i] of order.entries()) {
          assert.ok(Math.abs(other.scores[place] - one.scores[i]) <= 1e-12 * Math.abs(one.scores[i]));
        }
        assert.deepEqual(
          new Set(other.rejected.map(({ index }) => order[index])),
          new Set(one.rejected.map(({ index }) => index)),
        );
        assert.equal(one.scores.length, 15);
      }
    });

    it(`${title} is not led away by 3 of 15, however far they go`, () => {
      for (const size of [10, 1e3, 1e6, 1e10, 1e30]) {
        const honest = vectorsOf(12, 20, () => 1 + random.normal() / 10);
        const liars = vectorsOf(3, 20, () => -size * (1 + random.uniform()));
        const bad = options.name === 'foolsgold' ? liars.fill(liars[0]) : liars; // Made for those who say the same.
        const vectors = floats([...bad, ...honest]);
        const { aggregate } = combine(options, { vectors, root: Float32Array.from(honest[0]) });
        // The mean would be at -size / 5. Norm bounding lets each of the 3 pull as far as the honest ones do.
        for (const value of aggregate) assert.ok(value > 0.4 && value < 1.6, `${options.name}: ${value}`);
      }
    });

    it(`${title} refuses what it cannot hold, and counts weights or refuses them`, () => {
      const made = rule(options);
      const vectors = floats(vectorsOf(15, 4, () => random.normal()));
      const root = vectors[0];
      if (made.needed > 1) {
        const few = vectors.slice(0, made.needed - 1);
        refused(
          'too-few-updates',
          () => made.combine({ vectors: few, root }, kernels),
          new RegExp(`needs ${made.needed}`),
        );
      }
      const weights = vectors.map((_, i) => 1 + i);
      if (made.weights === 'uniform') {
        refused('rule-weights', () => made.combine({ vectors, weights, root }, kernels));
        const alike = made.combine({ vectors, weights: vectors.map(() => 7), root }, kernels);
        assert.deepEqual(alike.aggregate, made.combine({ vectors, root }, kernels).aggregate);
      } else {
        const weighted = made.combine({ vectors, weights, root }, kernels).aggregate;
        assert.notDeepEqual(weighted, made.combine({ vectors, root }, kernels).aggregate);
        const scaled = made.combine({ vectors, weights: weights.map((w) => 2 * w), root }, kernels).aggregate;
        assert.deepEqual(scaled, weighted);
      }
      assert.throws(
        () => made.combine({ vectors: [...vectors.slice(1), new Float32Array(5)], root }, kernels),
        RangeError,
      );
    });
  }

  it('median and trimmed mean stay within what the honest ones say, in each coordinate, whatever f others do', () => {
    for (let trial = 0; trial < 60; trial++) {
      const f = 1 + random.below(5);
      const n = 2 * f + 1 + random.below(6);
      const honest = vectorsOf(n - f, 10, kinds[trial % kinds.length]);
      const bad = vectorsOf(f, 10, () => random.normal() * 10 ** (random.below(40) - 20));
      const vectors = floats([...honest, ...bad]);
      for (const options of [{ name: 'median', f } as const, { name: 'trimmed-mean', beta: f / n, f } as const]) {
        for (const [k, value] of combine(options, { vectors }).aggregate.entries()) {
          const right = column(honest, k);
          assert.ok(value >= Math.min(...right) && value <= Math.max(...right), `${options.name} ${value}`);
        }
      }
    }
  });

  it('refuses parameters that make no sense', () => {
    for (const options of [
      { name: 'krum', f: -1 },
      { name: 'multi-krum', f: 1, m: 0 },
      { name: 'bulyan', f: 0.5 },
      { name: 'geometric-median', nu: 0 },
      { name: 'geometric-median', iterations: 0 },
      { name: 'norm-bound', bound: -1 },
      { name: 'norm-bound', above: 'cut' as 'clip' },
      { name: 'centered-clip', tau: Number.NaN },
      { name: 'flame', lambda: -1 },
      { name: 'mode' as 'median' },
    ] satisfies RuleOptions[]) {
      refused('bad-setting', () => createRule(options));
    }
    assert.equal(createRule({ name: 'mean' }), undefined);
  });
});
