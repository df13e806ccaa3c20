/** How much is pruned when, and which numbers: against the formula and sorts of its own. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { layoutOf, type ModelSpec } from '../../../lib/model';
import { checkPrunable, emptyMask, masked } from '../../../lib/prune/mask';
import { checkSchedule, type PruneSchedule, sparsityAt } from '../../../lib/prune/schedule';
import { generator } from '../../../lib/random/generator';
import { refused } from '../update/refused';

const kernels = createKernels();
const random = generator(2, 'prune');

const dense = (units: number) => ({ type: 'dense', units, activation: 'relu' }) as const;
/** 6 to 8 to 5 to 3. */
const spec: Pick<ModelSpec, 'input' | 'layers'> = { input: [6], layers: [dense(8), dense(5), dense(3)] };
const layout = layoutOf(spec);
const weightsOf = (size = layout.size): Float32Array => Float32Array.from({ length: size }, () => random.normal());
const kernelsOf = () => layout.tensors.filter(({ name }) => name.endsWith('/kernel'));
const indices = ({ offset, size }: { offset: number; size: number }): number[] =>
  Array.from({ length: size }, (_, i) => offset + i);

describe('the schedule of pruning', () => {
  it('is the cubic of Zhu and Gupta, from the first pruned round to the last', () => {
    const schedule: PruneSchedule = { sparsity: 0.9, begin: 3, end: 11, every: 2 };
    // Steps at rounds 3, 5, 7, 9, 11: s_f + (0 - s_f)(1 - i/5)^3.
    for (let round = 1; round < 20; round++) {
      const step = round < 3 ? 0 : Math.min(5, Math.floor((round - 3) / 2) + 1);
      const expected = 0.9 + (0 - 0.9) * (1 - step / 5) ** 3;
      assert.ok(Math.abs(sparsityAt(round, schedule) - expected) < 1e-12, `round ${round}`);
    }
    assert.deepEqual(
      [1, 2, 3].map((round) => sparsityAt(round, { sparsity: 0.5, begin: 2, end: 2, every: 1 })),
      [0, 0.5, 0.5],
    );
  });

  it('that cannot be is refused', () => {
    for (const change of [{ sparsity: 0 }, { sparsity: 1 }, { begin: 0 }, { end: 2 }, { every: 0 }, { every: 1.5 }]) {
      refused('bad-setting', () => checkSchedule({ sparsity: 0.5, begin: 3, end: 5, every: 1, ...change }));
    }
  });
});

describe('masks', () => {
  it('by magnitude take the least of each kernel, and no biases', () => {
    const weights = weightsOf();
    const mask = masked(layout, weights, { method: 'magnitude', per: 'layer' }, 0.7, emptyMask(layout), kernels);
    const expected = emptyMask(layout);
    for (const slot of kernelsOf()) {
      const order = indices(slot).sort((a, b) => Math.abs(weights[a]) - Math.abs(weights[b]));
      for (const i of order.slice(0, Math.round(0.7 * slot.size))) expected[i] = 1;
    }
    assert.deepEqual(mask, expected);
  });

  it('by magnitude of all layers together take the least of all kernels', () => {
    const weights = weightsOf();
    const mask = masked(layout, weights, { method: 'magnitude', per: 'all' }, 0.5, emptyMask(layout), kernels);
    const all = kernelsOf().flatMap(indices);
    const expected = all
      .sort((a, b) => Math.abs(weights[a]) - Math.abs(weights[b]))
      .slice(0, Math.round(all.length / 2));
    assert.deepEqual(
      [...mask.keys()].filter((i) => mask[i] === 1),
      expected.sort((a, b) => a - b),
    );
  });

  it('by structure take the units of least norm in hidden layers, with kernel and bias, and never all', () => {
    const weights = weightsOf();
    const mask = masked(layout, weights, { method: 'structured' }, 0.5, emptyMask(layout), kernels);
    const expected = emptyMask(layout);
    for (const [kernel, bias] of [
      [layout.tensors[0], layout.tensors[1]],
      [layout.tensors[2], layout.tensors[3]],
    ]) {
      const { offset, size, channels } = kernel;
      const column = (c: number): number[] => indices({ offset, size }).filter((i) => (i - offset) % channels === c);
      const norm = (c: number): number => Math.hypot(...column(c).map((i) => weights[i]));
      const order = Array.from({ length: channels }, (_, c) => c).sort((a, b) => norm(a) - norm(b));
      for (const c of order.slice(0, Math.round(channels / 2))) {
        for (const i of [...column(c), bias.offset + c]) expected[i] = 1;
      }
    }
    assert.deepEqual(mask, expected);
    const most = masked(layout, weights, { method: 'structured' }, 0.999, emptyMask(layout), kernels);
    for (const { offset, channels } of layout.tensors.slice(0, 4).filter(({ shape }) => shape.length > 1)) {
      assert.equal(
        most.subarray(offset, offset + channels).reduce((sum, one) => sum + one, 0),
        channels - 1,
      );
    }
    assert.ok(most.subarray(layout.tensors[4].offset).every((one) => one === 0));
  });

  it('only grow, whatever becomes of the weights', () => {
    for (const options of [
      { method: 'magnitude', per: 'layer' },
      { method: 'magnitude', per: 'all' },
      { method: 'structured' },
    ] as const) {
      let mask = emptyMask(layout);
      for (const share of [0.2, 0.4, 0.4, 0.3, 0.8]) {
        const next = masked(layout, weightsOf(), options, share, mask, kernels);
        assert.ok(
          mask.every((one, i) => next[i] >= one),
          `${options.method} ${share}`,
        );
        mask = next;
      }
      assert.ok(mask.some((one) => one === 1) && mask.some((one) => one === 0));
    }
  });

  it('leave of a layer that begins with zeros as much as of any other', () => {
    const weights = new Float32Array(layout.size);
    const mask = masked(layout, weights, { method: 'magnitude', per: 'layer' }, 0.5, emptyMask(layout), kernels);
    for (const { offset, size } of kernelsOf()) {
      const pruned = mask.subarray(offset, offset + size).reduce((sum, one) => sum + one, 0);
      assert.equal(pruned, Math.round(size / 2));
    }
  });

  it('of filters are those of convolutions too; a model of one layer has none', () => {
    const convolution = layoutOf({
      input: [8, 8, 1],
      layers: [
        { type: 'conv2d', filters: 4, kernelSize: [3, 3], strides: [1, 1], padding: 'same', activation: 'relu' },
        { type: 'flatten' },
        dense(2),
      ],
    } as Pick<ModelSpec, 'input' | 'layers'>);
    const weights = weightsOf(convolution.size);
    const mask = masked(convolution, weights, { method: 'structured' }, 0.5, emptyMask(convolution), kernels);
    // Two of four filters: 9 numbers each, and their biases.
    assert.equal(
      mask.reduce((sum, one) => sum + one, 0),
      2 * (9 + 1),
    );
    const single = layoutOf({ input: [6], layers: [dense(3)] });
    refused('bad-setting', () => checkPrunable(single, { method: 'structured' }), /by magnitude/);
    checkPrunable(single, { method: 'magnitude', per: 'layer' });
  });
});
