import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { meaningOf, type SampleShape, samplesFrom, shapeOf } from '../../../lib/data/sample-input';
import { decodeSamples, encodeSamples } from '../../../lib/data/samples-message';
import type { ModelSpec } from '../../../lib/model/spec';

const shape: SampleShape = { width: 2, targetWidth: 1, features: ['heat', 'sound'], labels: ['calm', 'worn'] };
const live: SampleShape = { ...shape, targetWidth: 0 };
const numbers = (message: object, as = shape) => {
  const { features, targets, count } = samplesFrom(message, as);
  return [count, [...features], [...targets]];
};
const refused = (message: object, code: string, sentence: RegExp, as = shape): void =>
  assert.throws(() => samplesFrom(message, as), { name: 'RefusedError', code, message: sentence });

describe('samples from user messages', () => {
  it('takes one sample as array, typed array or object by feature names', () => {
    const expected = [1, [3, 4], [1]];
    for (const payload of [[3, 4], Float32Array.of(3, 4), { sound: 4, heat: '3', more: 1 }]) {
      assert.deepEqual(numbers({ payload, label: 'worn' }), expected);
    }
    assert.deepEqual(numbers({ payload: { heat: 3, sound: 4, label: 'worn' } }), expected);
    assert.deepEqual(numbers({ payload: { features: [3, 4], label: 'worn' } }), expected);
  });

  it('takes many, with a label for each, one for all, or one within each', () => {
    const expected = [2, [1, 2, 3, 4], [0, 1]];
    assert.deepEqual(numbers({ payload: [[1, 2], Float32Array.of(3, 4)], label: ['calm', 'worn'] }), expected);
    assert.deepEqual(
      numbers({
        payload: [
          { heat: 1, sound: 2, label: 'calm' },
          { features: [3, 4], label: 'worn' },
        ],
      }),
      expected,
    );
    assert.deepEqual(
      numbers({
        payload: [
          [1, 2],
          [3, 4],
        ],
        label: 'calm',
      }),
      [2, [1, 2, 3, 4], [0, 0]],
    );
  });

  it('needs no label where none is wanted', () => {
    assert.deepEqual(numbers({ payload: [3, 4] }, live), [1, [3, 4], []]);
  });

  it('takes steps and pictures as they are nested', () => {
    const wide = { width: 4, targetWidth: 0 };
    assert.deepEqual(
      numbers(
        {
          payload: [
            [1, 2],
            [3, 4],
          ],
        },
        wide,
      ),
      [1, [1, 2, 3, 4], []],
    );
    assert.deepEqual(
      numbers(
        {
          payload: [
            [[1], [2]],
            [[3], [4]],
          ],
        },
        wide,
      ),
      [1, [1, 2, 3, 4], []],
    );
    assert.deepEqual(
      numbers(
        {
          payload: [
            [
              [1, 2],
              [3, 4],
            ],
            [
              [5, 6],
              [7, 8],
            ],
          ],
        },
        wide,
      ),
      [2, [1, 2, 3, 4, 5, 6, 7, 8], []],
    );
    assert.deepEqual(
      numbers(
        {
          payload: [
            { heat: 1, sound: 2 },
            { heat: 3, sound: 4 },
          ],
        },
        live,
      ),
      [2, [1, 2, 3, 4], []],
    );
  });

  it('takes numbers as labels for regression', () => {
    const regress = { width: 1, targetWidth: 2 };
    assert.deepEqual(numbers({ payload: [7], label: [0.5, -1] }, regress), [1, [7], [0.5, -1]]);
    refused({ payload: [7], label: 1 }, 'target-count', /foretells 2 numbers, but msg.label has 1/, regress);
    refused({ payload: [7], label: [1, 'x'] }, 'not-finite', /Number 2 of msg.label is "x"/, regress);
  });

  it('says in a sentence what is wrong', () => {
    refused({ payload: [1, 2, 3], label: 'calm' }, 'feature-count', /takes 2 features, but the sample has 3/);
    refused(
      { payload: [1, 2], label: 'wornn' },
      'unknown-label',
      /"wornn" is not a known label; the labels are "calm", "worn"/,
    );
    refused({ payload: [1, 2] }, 'no-label', /msg.label/);
    refused({ payload: [1, Number.NaN], label: 'calm' }, 'not-finite', /Feature "sound" is missing/);
    refused({ payload: [1, 1e39], label: 'calm' }, 'not-finite', /Feature "sound" is "1e\+39"/);
    refused({ payload: [1, {}], label: 'calm' }, 'not-finite', /an object/);
    refused({ payload: { heat: 1, soud: 2 }, label: 'calm' }, 'feature-names', /no feature "sound"; is it "soud"\?/);
    refused({ payload: { heat: 1 }, label: 'calm' }, 'feature-names', /no feature "sound"; it has "heat"\./);
    refused({ payload: { heat: 1 } }, 'feature-names', /has no feature names/, { width: 1, targetWidth: 0 });
    refused({ payload: Buffer.from('12') }, 'sample', /Buffer/);
    refused({ payload: '1,2' }, 'sample', /json \(or csv\) node/);
    refused({}, 'sample', /empty/);
    refused({ payload: 5 }, 'sample', /not "5"/);
    refused(
      {
        payload: [
          [1, 2],
          [3, 4],
        ],
        label: ['calm'],
      },
      'label-count',
      /2 samples, but msg.label has 1/,
    );
  });

  it('does not take the holes of a list for samples of zeros', () => {
    const holes: unknown[] = [];
    holes.length = 1;
    refused({ payload: holes, label: 'calm' }, 'feature-count', /takes 2 features, but the sample has 1/);
    const one: unknown[] = [[1, 2]];
    one.length = 3;
    assert.throws(() => samplesFrom({ payload: one, label: 'calm' }, shape), { name: 'RefusedError' });
  });

  it('does not take what the prototype offers for a feature', () => {
    refused({ payload: {} }, 'feature-names', /no feature "constructor"/, {
      width: 1,
      targetWidth: 0,
      features: ['constructor'],
    });
  });

  it('knows the shape that a model wants', () => {
    const spec: ModelSpec = {
      version: 1,
      task: 'classify',
      input: [4, 3],
      layers: [],
      loss: 'softmax_cross_entropy',
      labels: ['a', 'b'],
      seed: 1,
    };
    assert.deepEqual(shapeOf(spec, 1), { width: 12, targetWidth: 1, features: undefined, labels: ['a', 'b'] });
    assert.equal(shapeOf({ ...spec, task: 'anomaly' }, 12).targetWidth, 0);
    for (const change of [{ labels: ['b', 'a'] }, { features: ['x'] }, { input: [12] }]) {
      assert.notEqual(meaningOf({ ...spec, ...change }), meaningOf(spec));
    }
    assert.equal(meaningOf({ ...spec, seed: 2 }), meaningOf(spec));
  });
});

describe('samples messages of the suite', () => {
  const block = { features: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), count: 2 };
  const message = encodeSamples(block, 2, 1, { split: 'train', classes: ['worn', 'calm'], client: 'a' });

  it('is one Buffer of rows, features then targets, and comes back', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((i) => message.payload.readFloatLE(4 * i)),
      [1, 2, 0, 3, 4, 1],
    );
    assert.deepEqual(decodeSamples(message.fl, message.payload), block);
  });

  it('translates class numbers by their names', () => {
    assert.deepEqual(numbers(message), [2, [1, 2, 3, 4], [1, 0]]);
    refused(
      { ...message, fl: { ...message.fl, classes: ['worn', 'torn'] } },
      'unknown-label',
      /"torn" is not a known label/,
    );
    refused({ ...message, fl: { ...message.fl, classes: ['worn'] } }, 'unknown-label', /1 is no class number/);
  });

  it('leaves targets out where none are wanted', () => {
    assert.deepEqual(numbers(message, live), [2, [1, 2, 3, 4], []]);
  });

  it('refuses what does not fit', () => {
    const wrong: [object, string][] = [
      [{ count: 3 }, 'samples'],
      [{ count: -1 }, 'samples'],
      [{ count: 1e12 }, 'samples'],
      [{ width: 0 }, 'samples'],
      [{ width: 2.5 }, 'samples'],
      [{ targets: '1' }, 'samples'],
      [{ width: 1, targets: 2 }, 'feature-count'],
    ];
    for (const [change, code] of wrong) refused({ ...message, fl: { ...message.fl, ...change } }, code, /\.$/);
    refused({ fl: message.fl, payload: 'text' }, 'samples', /no Buffer/);
    const payload = Buffer.from(message.payload);
    payload.writeFloatLE(Number.POSITIVE_INFINITY, 4);
    refused({ fl: message.fl, payload }, 'samples', /not finite/);
  });
});
