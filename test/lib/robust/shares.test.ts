/** Rules that change single updates: what a filter can send in their place. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { createRule } from '../../../lib/robust';
import type { RuleOptions } from '../../../lib/robust/options';
import type { Combined, RuleInput } from '../../../lib/robust/rule';

const kernels = createKernels();
const random = generator(3, 'shares');
const LENGTH = 6;
const vector = (): Float32Array => Float32Array.from({ length: LENGTH }, () => random.normal());

function combine(options: RuleOptions, input: RuleInput): Combined {
  const rule = createRule(options);
  assert.ok(rule);
  return rule.combine(input, kernels);
}

describe('Rules that change single updates', () => {
  for (const options of [
    { name: 'norm-bound' },
    { name: 'centered-clip', iterations: 3 },
    { name: 'fltrust' },
  ] as RuleOptions[]) {
    it(`${options.name}: the plain mean of the changed ones is the aggregate`, () => {
      for (let trial = 0; trial < 20; trial++) {
        const vectors = Array.from({ length: 2 + random.below(10) }, vector);
        const { aggregate, rejected, shares } = combine(options, { vectors, root: vector() });
        assert.ok(shares);
        const { factors, centre = new Float32Array(LENGTH) } = shares;
        const out = new Set(rejected.map(({ index }) => index));
        const left = [...vectors.keys()].filter((i) => !out.has(i));
        for (const [k, value] of aggregate.entries()) {
          const sum = left.reduce((all, i) => all + centre[k] + factors[i] * (vectors[i][k] - centre[k]), 0);
          const expected = left.length > 0 ? sum / left.length : 0;
          assert.ok(Math.abs(value - expected) < 1e-5, `${value} is not ${expected}`);
        }
      }
    });
  }

  it('says nothing where no mean of those that are left is the aggregate: zeroed ones count', () => {
    const vectors = [1, 2, 9].map((value) => Float32Array.of(value));
    assert.equal(combine({ name: 'norm-bound', above: 'zero' }, { vectors }).shares, undefined);
  });
});
