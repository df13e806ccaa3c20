import assert from 'node:assert/strict';
import {
  canonicalJson,
  fingerprint,
  inputSize,
  layoutOf,
  type ModelSpec,
  parseSpec,
  sampleSize,
  targetWidth,
} from '../../../lib/model/index';
import { RefusedError } from '../../../lib/refused';

const base = {
  version: 1,
  task: 'classify',
  input: [4],
  layers: [
    { type: 'dense', units: 8, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  labels: ['a', 'b', 'c'],
};

const changed = (change: Record<string, unknown>): unknown => ({ ...base, ...change });
const layers = (...list: unknown[]): unknown => changed({ layers: list });
const dense = (units: number, activation = 'relu') => ({ type: 'dense', units, activation });

describe('model specification', () => {
  it('fills in what was left open', () => {
    const spec = parseSpec(base);
    assert.equal(spec.loss, 'softmax_cross_entropy');
    assert.equal(spec.seed, 0);
    assert.deepEqual(spec.layers[0], {
      type: 'dense',
      units: 8,
      activation: 'relu',
      useBias: true,
      initializer: 'glorot_uniform',
    });
  });

  it('has one fingerprint for equal models, whatever the order of the fields', () => {
    const reordered = Object.fromEntries(Object.entries(parseSpec(base)).reverse());
    const spelled = parseSpec(
      changed({
        layers: [{ activation: 'relu', useBias: true, units: 8, type: 'dense' }, dense(3, 'softmax')],
        seed: 0,
      }),
    );
    assert.equal(fingerprint(parseSpec(reordered)), fingerprint(parseSpec(base)));
    assert.equal(fingerprint(spelled), fingerprint(parseSpec(base)));
    assert.match(fingerprint(spelled), /^[0-9a-f]{64}$/);
  });

  it('has another fingerprint for another model', () => {
    const prints = [
      base,
      changed({ seed: 1 }),
      changed({ labels: ['a', 'c', 'b'] }),
      changed({ features: ['p', 'q', 'r', 's'] }),
      layers(dense(9), dense(3, 'softmax')),
      layers(dense(8, 'tanh'), dense(3, 'softmax')),
    ].map((value) => fingerprint(parseSpec(value)));
    assert.equal(new Set(prints).size, prints.length);
  });

  describe('with a frozen backbone', () => {
    const backbone = { sha256: 'ab'.repeat(32), inputs: 160, outputs: 4 };
    const frozen = (change: Record<string, unknown> = {}): unknown =>
      changed({ backbone: { ...backbone, ...change }, features: undefined });

    it('covers it with the fingerprint', () => {
      const prints = [base, frozen(), frozen({ sha256: 'cd'.repeat(32) }), frozen({ inputs: 161 })].map((value) =>
        fingerprint(parseSpec(value)),
      );
      assert.equal(new Set(prints).size, prints.length);
      assert.deepEqual(parseSpec(frozen()).backbone, backbone);
    });

    it('takes samples of the backbone, and names those', () => {
      const names = Array.from({ length: 160 }, (_, i) => `f${i}`);
      const spec = parseSpec({ ...(frozen() as object), features: names });
      assert.equal(sampleSize(spec), 160);
      assert.equal(inputSize(spec), 4);
      assert.equal(sampleSize(parseSpec(base)), 4);
      assert.throws(() => parseSpec({ ...(frozen() as object), features: ['a', 'b', 'c', 'd'] }), /160 to 160/);
    });

    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ outputs: 5 }, /gives 5 numbers, but the layers take 4/],
      [{ sha256: 'AB'.repeat(32) }, /SHA-256/],
      [{ sha256: 'ab' }, /SHA-256/],
      [{ sha256: 7 }, /text of 1 to 64/],
      [{ inputs: 0 }, /inputs of the backbone/],
      [{ bytes: 1 }, /not known here/],
    ];
    for (const [change, sentence] of wrong) {
      it(`refuses ${JSON.stringify(change).slice(0, 40)}`, () => {
        assert.throws(() => parseSpec(frozen(change)), { name: 'RefusedError', message: sentence });
      });
    }
  });

  it('writes canonical JSON with sorted keys', () => {
    assert.equal(
      canonicalJson({ b: [1, 2.5, null], a: { d: 'x"', c: undefined, B: true } }),
      '{"a":{"B":true,"d":"x\\""},"b":[1,2.5,null]}',
    );
    assert.throws(() => canonicalJson([Number.NaN]), TypeError);
  });

  it('shares nothing with what it was read from', () => {
    const value = structuredClone(base);
    const spec = parseSpec(value);
    value.labels[0] = 'z';
    value.input[0] = 99;
    assert.deepEqual(spec.labels, ['a', 'b', 'c']);
    assert.deepEqual(spec.input, [4]);
  });

  const refused: [what: string, value: unknown, sentence: RegExp][] = [
    ['no object', 'a model', /must be an object, not "a model"/],
    ['a list', [], /must be an object, not a list/],
    [
      'an unknown field',
      changed({ optimiser: 'sgd' }),
      /"optimiser" that is not known here; it may have version, task/,
    ],
    ['a newer version', changed({ version: 2 }), /newer version of this package; update/],
    [
      'an unknown task',
      changed({ task: 'guess' }),
      /must be one of classify, multi-label, regress, anomaly, not "guess"/,
    ],
    ['an input of four axes', changed({ input: [1, 1, 1, 4] }), /input shape must be a list of 1 to 3/],
    ['an input of nothing', changed({ input: [0] }), /whole number from 1 to/],
    ['too large an input', changed({ input: [100000, 1000] }), /more than 16777216 numbers/],
    ['no layers', layers(), /list of layers must be a list of 1 to 64/],
    ['65 layers', layers(...Array.from({ length: 65 }, () => dense(2))), /1 to 64/],
    ['too many parameters', layers(dense(1000000), dense(3, 'softmax'), dense(1000000)), /softmax belongs|parameters/],
    ['an unknown layer', layers({ type: 'magic' }), /Layer 1: type must be one of dense/],
    ['an unknown setting', layers({ ...dense(3), rate: 1 }), /Layer 1 has a field "rate"/],
    ['units that are no number', layers({ ...dense(3), units: '3' }), /Layer 1: units must be a whole number/],
    ['units that are not whole', layers(dense(2.5)), /not 2.5/],
    ['NaN units', layers(dense(Number.NaN)), /not NaN/],
    ['too few labels', changed({ labels: ['a'] }), /labels must be a list of 2 to 1000/],
    ['equal labels', changed({ labels: ['a', 'b', 'a'] }), /"a" is there twice/],
    ['no labels', changed({ labels: undefined }), /A classifier needs its labels/],
    ['units unlike labels', layers(dense(4, 'softmax')), /has 4 units, but there are 3 labels; give it 3 units/],
    ['a classifier with a linear end', layers(dense(3, 'linear')), /must have the activation softmax/],
    ['a sigmoid for three labels', layers(dense(1, 'sigmoid')), /use softmax with one unit for each label/],
    ['softmax in the middle', layers(dense(3, 'softmax'), dense(3, 'softmax')), /Layer 1 \(dense\): softmax belongs/],
    ['the wrong loss', changed({ loss: 'huber' }), /needs the loss softmax_cross_entropy/],
    ['labels of a regression', changed({ task: 'regress' }), /softmax belongs|Labels belong to a classifier/],
    ['too few feature names', changed({ features: ['a'] }), /feature names must be a list of 4 to 4/],
    [
      'a convolution over flat input',
      layers({ type: 'conv1d', filters: 2, kernelSize: 2, activation: 'relu' }),
      /steps/,
    ],
    [
      'a kernel larger than its input',
      changed({ input: [3, 1], layers: [{ type: 'conv1d', filters: 2, kernelSize: 5, activation: 'relu' }] }),
      /kernel of 5 is larger than its input of 3/,
    ],
    ['an unflat classifier', changed({ input: [3, 2] }), /must be flat: put a flatten layer/],
    ['nothing to learn', { task: 'regress', input: [3], layers: [{ type: 'flatten' }] }, /nothing to learn/],
    ['a foreign layer that nobody knows', layers({ type: 'foreign', className: 'Lambda' }), /Lambda is not supported/],
    ['a foreign name of the prototype', layers({ type: 'foreign', className: 'constructor' }), /not supported/],
    ['a task of the prototype', changed({ task: 'toString' }), /must be one of/],
  ];
  for (const [what, value, sentence] of refused) {
    it(`refuses ${what} with a sentence`, () => {
      assert.throws(
        () => parseSpec(value),
        (error: unknown) => {
          assert.ok(error instanceof RefusedError);
          assert.equal(error.code, 'model');
          assert.match(error.message, sentence);
          return true;
        },
      );
    });
  }

  it('is safe against prototype pollution and computed fields', () => {
    assert.throws(() => parseSpec(JSON.parse('{"__proto__": {"task": "classify"}}')), /"__proto__" that is not known/);
    const inherits: unknown = Object.create(base);
    assert.throws(() => parseSpec(inherits), /plain object/);
    const computed = Object.defineProperty({}, 'task', { get: () => 'classify', enumerable: true });
    assert.throws(() => parseSpec(computed), /computed/);
    assert.equal(Reflect.get({}, 'task'), undefined);
  });

  it('knows how many targets a sample has', () => {
    const numbers: Pick<ModelSpec, 'input' | 'layers'> = parseSpec({ task: 'regress', input: [4], layers: [dense(2)] });
    assert.equal(targetWidth({ ...numbers, task: 'regress' }), 2);
    assert.equal(targetWidth({ ...numbers, task: 'classify' }), 1);
    assert.equal(targetWidth({ ...numbers, task: 'anomaly' }), 0);
  });

  it('lays tensors out in Keras order', () => {
    assert.deepEqual(layoutOf(parseSpec(base)), {
      tensors: [
        { name: 'dense_1/kernel', shape: [4, 8], offset: 0, size: 32, channels: 8, trainable: true },
        { name: 'dense_1/bias', shape: [8], offset: 32, size: 8, channels: 8, trainable: true },
        { name: 'dense_2/kernel', shape: [8, 3], offset: 40, size: 24, channels: 3, trainable: true },
        { name: 'dense_2/bias', shape: [3], offset: 64, size: 3, channels: 3, trainable: true },
      ],
      size: 67,
    });
  });
});
