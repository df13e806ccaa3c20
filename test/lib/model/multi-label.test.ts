import assert from 'node:assert/strict';
import { defaultModel, outputSize, parseSpec, targetWidth } from '../../../lib/model';

const wish = {
  version: 1,
  task: 'multi-label',
  input: [3],
  labels: ['leak', 'worn', 'dirty'],
  layers: [{ type: 'dense', units: 3, activation: 'sigmoid' }],
};

describe('a model with several labels at once', () => {
  it('has a sigmoid for each, the binary cross-entropy, and a target for each', () => {
    const spec = parseSpec(wish);
    assert.equal(spec.loss, 'sigmoid_cross_entropy');
    assert.equal(targetWidth(spec), 3);
    assert.equal(outputSize(defaultModel({ task: 'multi-label', input: [4], labels: ['a', 'b'] })), 2);
    assert.equal(
      parseSpec({ ...wish, labels: ['leak'], layers: [{ type: 'dense', units: 1, activation: 'sigmoid' }] }).labels
        ?.length,
      1,
    );
  });

  it('says what does not fit', () => {
    const cases: [object, RegExp][] = [
      [{ labels: undefined }, /needs its labels/],
      [{ labels: ['leak', 'worn'] }, /3 units, but there are 2 labels/],
      [
        { layers: [{ type: 'dense', units: 3, activation: 'softmax' }] },
        /softmax belongs in the last layer of a classifier/,
      ],
      [{ layers: [{ type: 'dense', units: 3, activation: 'linear' }] }, /must have the activation sigmoid/],
      [{ loss: 'mean_squared_error' }, /needs the loss sigmoid_cross_entropy/],
      [{ input: [2, 3] }, /must be flat/],
    ];
    for (const [change, sentence] of cases)
      assert.throws(() => parseSpec({ ...wish, ...change }), { message: sentence });
  });
});
