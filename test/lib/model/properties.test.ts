/** What holds for every specification: those of people, the defaults, and those that come damaged from outside. */
import assert from 'node:assert/strict';
import {
  defaultModel,
  fingerprint,
  initialWeights,
  layoutOf,
  type ModelSpec,
  outputSize,
  parseSpec,
  shapesOf,
  summarise,
  targetWidth,
  type Wish,
} from '../../../lib/model/index';
import { type Generator, generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';

function holds(spec: ModelSpec): void {
  assert.deepEqual(parseSpec(spec), spec);
  assert.deepEqual(parseSpec(JSON.parse(JSON.stringify(spec))), spec);
  assert.equal(fingerprint(parseSpec(structuredClone(spec))), fingerprint(spec));
  const { size, tensors } = layoutOf(spec);
  assert.equal(
    tensors.reduce((sum, tensor) => sum + tensor.size, 0),
    size,
  );
  assert.equal(new Set(tensors.map(({ name }) => name)).size, tensors.length);
  assert.equal(summarise(spec).parameters, size);
  if (size < 1e6) {
    const weights = initialWeights(spec);
    assert.equal(weights.length, size);
    assert.ok(weights.every(Number.isFinite));
  }
}

const wishes: Wish[] = [
  { task: 'classify', input: [28], labels: ['no', 'yes'] },
  { task: 'classify', input: [1], labels: ['a', 'b', 'c'] },
  { task: 'classify', input: [16, 10], labels: ['a', 'b', 'c', 'd'] },
  { task: 'classify', input: [2, 1], labels: ['a', 'b'] },
  { task: 'classify', input: [8, 8, 1], labels: ['a', 'b'] },
  { task: 'classify', input: [1, 5, 3], labels: ['a', 'b'] },
  { task: 'regress', input: [12], outputs: 3, features: Array.from({ length: 12 }, (_, i) => `f${i}`) },
  { task: 'regress', input: [24, 2] },
  { task: 'anomaly', input: [14] },
  { task: 'anomaly', input: [1] },
  { task: 'anomaly', input: [20, 3], seed: 5 },
];

const rich: unknown = {
  version: 1,
  task: 'classify',
  input: [9, 8, 2],
  labels: ['a', 'b', 'c'],
  seed: 3,
  layers: [
    { type: 'conv2d', filters: 3, kernelSize: [3, 2], strides: [2, 1], padding: 'same', activation: 'relu' },
    { type: 'depthwise_conv2d', kernelSize: [2, 2], depthMultiplier: 2, activation: 'leaky_relu' },
    { type: 'foreign', className: 'BatchNormalization', config: { momentum: 0.9 } },
    { type: 'average_pool2d', poolSize: [2, 2], padding: 'same' },
    { type: 'foreign', className: 'Reshape', config: { target_shape: [4, -1] } },
    {
      type: 'foreign',
      className: 'Bidirectional',
      config: { layer: { class_name: 'GRU', config: { units: 3 } }, merge_mode: 'concat' },
    },
    { type: 'dense', units: 3, activation: 'softmax', initializer: 'he_normal' },
  ],
};

const consensus: unknown = {
  version: 1,
  task: 'classify',
  input: [7],
  labels: ['a', 'b', 'c'],
  seed: 3,
  loss: 'softmax_cross_entropy',
  layers: [{ type: 'dense', units: 3, activation: 'linear', useBias: false, initializer: 'zeros' }],
  consensus: { digest: '0123456789abcdef' },
};

const strange = (random: Generator): unknown => {
  const values: unknown[] = [
    0,
    -1,
    1,
    2,
    3,
    1.5,
    1e9,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    'dense',
    'softmax',
    '3',
    null,
    undefined,
    true,
    [],
    {},
    [1],
    [2, 2],
    [1, 2, 3, 4],
    ['a'],
    { type: 'dense' },
    { type: 'flatten' },
    () => 1,
    Symbol('s'),
    10n,
    new Date(0),
    JSON.parse('{"__proto__": {"units": 4}}'),
  ];
  return values[random.below(values.length)];
};

/** Changes one place of a value, anywhere in it. */
function mutate(value: unknown, random: Generator): unknown {
  if (typeof value !== 'object' || value === null || random.below(6) === 0) return strange(random);
  if (Array.isArray(value)) {
    const list: unknown[] = [...value];
    const at = random.below(list.length + 1);
    const kind = random.below(4);
    if (kind === 0) list.splice(at, 1);
    else if (kind === 1) list.splice(at, 0, at > 0 ? list[at - 1] : strange(random));
    else if (at < list.length) list[at] = mutate(list[at], random);
    return list;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { [String(strange(random) ?? 'x')]: strange(random) };
  const at = random.below(entries.length);
  if (random.below(8) === 0) entries.splice(at, 1);
  else if (random.below(12) === 0) entries.push(['constructor', strange(random)]);
  else entries[at] = [entries[at][0], mutate(entries[at][1], random)];
  return Object.fromEntries(entries);
}

describe('every model', () => {
  for (const wish of wishes) {
    it(`default for ${wish.task} of [${wish.input}]`, () => {
      const spec = defaultModel(wish);
      holds(spec);
      assert.equal(spec.task, wish.task);
      assert.equal(
        outputSize(spec),
        wish.labels?.length ?? wish.outputs ?? (wish.task === 'anomaly' ? outputSize(spec) : 1),
      );
      assert.equal(targetWidth(spec), wish.task === 'classify' ? 1 : wish.task === 'anomaly' ? 0 : (wish.outputs ?? 1));
      assert.equal(shapesOf(spec).length, spec.layers.length + 1);
    });
  }

  it('with layers of all sorts is its own canonical form', () => holds(parseSpec(rich)));

  const damaged: [name: string, whole: unknown, leastTaken: number][] = [
    ['that comes damaged', rich, 500],
    ['of predictions on public rows that comes damaged', consensus, 100],
  ];
  for (const [name, whole, leastTaken] of damaged) {
    it(`${name} is refused with a sentence, or is a whole model (20,000 mutations)`, () =>
      mutations(whole, leastTaken));
  }

  function mutations(whole: unknown, leastTaken: number): void {
    const random = generator(11, 'specifications');
    let refused = 0;
    let taken = 0;
    for (let trial = 0; trial < 20_000; trial++) {
      let value: unknown = whole;
      for (let i = 1 + random.below(3); i > 0; i--) value = mutate(value, random);
      let spec: ModelSpec | undefined;
      try {
        spec = parseSpec(value);
      } catch (error) {
        assert.ok(error instanceof RefusedError, error instanceof Error ? error.stack : String(error));
        assert.match(error.message, /\.$/);
        refused++;
      }
      if (!spec) continue;
      taken++;
      if (taken % 20 === 0) holds(spec);
    }
    assert.ok(refused > 10_000 && taken > leastTaken, `${refused} refused, ${taken} taken`);
    assert.equal(Reflect.get({}, 'units'), undefined);
  }
});
