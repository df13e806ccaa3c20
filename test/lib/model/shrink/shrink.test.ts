import assert from 'node:assert/strict';
import { layoutOf, type ModelSpec, parseSpec, shrink, summarise } from '../../../../lib/model';
import { type Generator, generator } from '../../../../lib/random/generator';
import { naiveForward } from '../../../core/naive';
import { ignore, networks, pruneAtRandom, randomWeights, silence, tensorsOf } from './networks';

const sample = ({ input }: ModelSpec, random: Generator): number[] =>
  Array.from({ length: input.reduce((all, one) => all * one, 1) }, () => 2 * random.normal());

/** In float64, by the definitions: what is left is that the folded biases are float32. */
function agrees(spec: ModelSpec, weights: Float32Array, random: Generator): ReturnType<typeof shrink> {
  const before = weights.slice();
  const small = shrink(spec, weights);
  assert.deepEqual(weights, before, 'the weights are as they were');
  assert.deepEqual(parseSpec(small.spec), small.spec, 'a specification as any other');
  assert.equal(small.weights.length, layoutOf(small.spec).size);
  assert.ok(small.weights.length <= weights.length);
  assert.equal(small.units === 0, small.weights.length === weights.length);
  for (let row = 0; row < 4; row++) {
    const features = sample(spec, random);
    const wanted = naiveForward(spec, weights, features);
    naiveForward(small.spec, small.weights, features).forEach((value, i) => {
      assert.ok(Math.abs(value - wanted[i]) <= 1e-5 * (1 + Math.abs(wanted[i])), `${value}, not ${wanted[i]}`);
    });
  }
  return small;
}

const unitsOf = ({ layers }: ModelSpec): number[] =>
  layers.flatMap((layer) => ('units' in layer ? [layer.units] : 'filters' in layer ? [layer.filters] : []));

describe('a network without its dead units', () => {
  for (const [name, spec] of Object.entries(networks)) {
    it(`${name}: computes the same, however it was pruned`, () => {
      let smaller = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const random = generator(seed, name);
        const weights = randomWeights(spec, random);
        pruneAtRandom(spec, weights, random);
        if (agrees(spec, weights, random).units > 0) smaller++;
      }
      assert.ok(smaller > 30, `only ${smaller} of 40 became smaller`);
    });

    it(`${name}: as it is when nothing is dead`, () => {
      const weights = randomWeights(spec, generator(1, name));
      assert.deepEqual(shrink(spec, weights), { spec, weights, units: 0 });
    });

    it(`${name}: of layers that are dead as a whole one unit stays`, () => {
      const random = generator(1, name);
      for (const isDead of [() => true, (layer: number) => layer === 0, (layer: number) => layer > 0]) {
        const weights = randomWeights(spec, random);
        for (const [layer, one] of spec.layers.entries()) {
          if (!('activation' in one) || !isDead(layer)) continue;
          for (let o = 0; o < tensorsOf(spec, layer).kernel.channels; o++) silence(spec, weights, layer, o);
        }
        agrees(spec, weights, random);
      }
      const zeros = agrees(spec, new Float32Array(layoutOf(spec).size), random);
      assert.ok(
        unitsOf(zeros.spec)
          .slice(0, -1)
          .every((units) => units === 1),
        `${unitsOf(zeros.spec)}`,
      );
    });
  }

  it('a constant goes into the bias behind it, and an unseen unit leaves nothing', () => {
    const spec = parseSpec({
      version: 1,
      task: 'regress',
      input: [2],
      layers: [
        { type: 'dense', units: 4, activation: 'relu' },
        { type: 'dense', units: 2, activation: 'linear' },
      ],
      seed: 1,
    });
    // Unit 1: nothing but its bias of 2. Unit 2: nothing but a bias that ReLU cuts. Unit 3: nobody looks at it.
    const weights = Float32Array.of(1, 0, 0, 5, 2, 0, 0, 6, 0.5, 2, -1, 7, 10, 20, 30, 40, 50, 60, 0, 0, 0.25, 0.75);
    const small = shrink(spec, weights);
    assert.deepEqual(unitsOf(small.spec), [1, 2]);
    assert.deepEqual([...small.weights], [1, 2, 0.5, 10, 20, 2 * 30 + 0.25, 2 * 40 + 0.75]);
    assert.equal(small.units, 3);
  });

  const stack = (padding: string, second: object = {}) =>
    parseSpec({
      version: 1,
      task: 'regress',
      input: [6, 2],
      layers: [
        { type: 'conv1d', filters: 3, kernelSize: 3, padding, activation: 'sigmoid' },
        { type: 'conv1d', filters: 2, kernelSize: 3, padding, activation: 'linear', ...second },
      ],
      seed: 1,
    });

  it('in front of a padded convolution only the constant 0 goes: its edges see zeros', () => {
    const random = generator(1, 'padding');
    const same = stack('same');
    const weights = randomWeights(same, random);
    silence(same, weights, 0, 1);
    assert.equal(agrees(same, weights, random).units, 0, 'the sigmoid of 0 is one half');
    assert.equal(agrees(stack('valid'), weights, random).units, 1);
    // The window is one step wide, or steps from window to window: nothing hangs over.
    assert.equal(agrees(stack('same', { kernelSize: 1 }), weights.slice(0, 29), random).units, 1);
    assert.equal(agrees(stack('same', { strides: 3 }), weights, random).units, 1);
    const [first, second] = same.layers;
    const relu: ModelSpec = { ...same, layers: [{ ...first, activation: 'relu' } as typeof first, second] };
    const { bias } = tensorsOf(relu, 0);
    weights[(bias?.offset ?? 0) + 1] = -3;
    assert.equal(agrees(relu, weights, random).units, 1);
  });

  it('a filter goes with all of its depthwise channels, or stays with all', () => {
    const spec = parseSpec({
      version: 1,
      task: 'regress',
      input: [5, 5, 1],
      layers: [
        { type: 'conv2d', filters: 3, kernelSize: [2, 2], activation: 'relu' },
        { type: 'depthwise_conv2d', kernelSize: [2, 2], depthMultiplier: 2, activation: 'sigmoid' },
        { type: 'flatten' },
        { type: 'dense', units: 2, activation: 'linear' },
      ],
      seed: 1,
    });
    const random = generator(1, 'depthwise');
    const weights = randomWeights(spec, random);
    silence(spec, weights, 1, 2);
    assert.equal(agrees(spec, weights, random).units, 0, 'the other channel of filter 1 is alive');
    ignore(spec, weights, 3, 3, 6);
    const { spec: small, units } = agrees(spec, weights, random);
    assert.equal(units, 1);
    assert.deepEqual(
      summarise(small).layers.map(({ output }) => output),
      [[4, 4, 2], [3, 3, 4], [36], [2]],
    );
  });

  it('what only dead units look at is dead as well, layers back', () => {
    const { dense } = networks;
    const random = generator(1, 'back');
    const weights = randomWeights(dense, random);
    for (let unit = 0; unit < 7; unit++) if (unit !== 4) ignore(dense, weights, 3, unit, 7);
    for (let unit = 0; unit < 8; unit++) {
      const { offset } = tensorsOf(dense, 2).kernel;
      if (unit !== 2) weights[offset + 7 * unit + 4] = 0;
    }
    assert.deepEqual(unitsOf(agrees(dense, weights, random).spec), [9, 1, 1, 3]);
  });

  it('nothing changes in front of a layer that only tfjs runs, and its numbers stay', () => {
    const spec = parseSpec({
      version: 1,
      task: 'regress',
      input: [6, 2],
      layers: [
        { type: 'conv1d', filters: 3, kernelSize: 2, activation: 'relu' },
        { type: 'foreign', className: 'LSTM', config: { units: 4 } },
        { type: 'dense', units: 5, activation: 'relu' },
        { type: 'dense', units: 1, activation: 'linear' },
      ],
      seed: 1,
    });
    const weights = randomWeights(spec, generator(1, 'foreign'));
    silence(spec, weights, 0, 1);
    const { tensors } = layoutOf(spec);
    const of = (name: string) => tensors.find((one) => one.name === name) ?? tensors[0];
    const kernel = of('dense_1/kernel');
    for (let i = 3; i < kernel.size; i += 5) weights[kernel.offset + i] = 0;
    const small = shrink(spec, weights);
    assert.deepEqual(unitsOf(small.spec), [3, 4, 1]);
    assert.deepEqual(small.weights.subarray(0, kernel.offset), weights.subarray(0, kernel.offset));
  });

  it('is never larger, where a constant would need a bias that is not there', () => {
    const spec = parseSpec({
      version: 1,
      task: 'regress',
      input: [1],
      layers: [
        { type: 'dense', units: 1, activation: 'sigmoid', useBias: false },
        { type: 'dense', units: 6, activation: 'linear', useBias: false },
      ],
      seed: 1,
    });
    const weights = Float32Array.of(0, 1, 2, 3, 4, 5, 6);
    assert.deepEqual(shrink(spec, weights), { spec, weights, units: 0 });
  });

  it('a bias that would be beyond float32 is not made', () => {
    const { dense } = networks;
    const random = generator(1, 'large');
    const weights = randomWeights(dense, random);
    silence(dense, weights, 0, 3);
    weights[(tensorsOf(dense, 0).bias?.offset ?? 0) + 3] = 3e38;
    weights[tensorsOf(dense, 1).kernel.offset + 3 * 8] = 3e38;
    const small = shrink(dense, weights);
    assert.ok(small.weights.every(Number.isFinite));
    assert.equal(small.units, 0);
  });
});
