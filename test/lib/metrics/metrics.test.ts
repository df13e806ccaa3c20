import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  accuracy,
  argmaxRows,
  classScores,
  confusionMatrix,
  logLoss,
  macroScores,
} from '../../../lib/metrics/classification';
import { evaluateClasses, evaluateNumbers } from '../../../lib/metrics/evaluation';
import { averagePrecision, rocAuc } from '../../../lib/metrics/ranking';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from '../../../lib/metrics/regression';
import { generator } from '../../../lib/random/generator';

const near = (value: number | null | undefined, expected: number, within = 1e-12): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < within, `${value} for ${expected}`);

// Figures of scikit-learn 1.9.1 (average_precision_score, roc_auc_score, f1_score, ...), ties included.
const positive = [1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1];
const scores = [0.9, 0.9, 0.8, 0.7, 0.7, 0.7, 0.6, 0.5, 0.5, 0.4, 0.2, 0.1];
const truth = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2];
const decided = [0, 1, 1, 1, 2, 0, 2, 0, 2, 2];

describe('ranking', () => {
  it('agrees with scikit-learn, ties included', () => {
    near(averagePrecision(positive, scores), 0.548941798941799);
    near(rocAuc(positive, scores), 0.5555555555555556);
  });

  it('agrees with the definitions, pair by pair and threshold by threshold', () => {
    const random = generator(4, 'ranking');
    const y = Array.from({ length: 300 }, () => (random.uniform() < 0.2 ? 1 : 0));
    const s = y.map((label) => Math.round(10 * (random.normal() + label)) / 10);
    let above = 0;
    let pairs = 0;
    for (let i = 0; i < y.length; i++) {
      for (let j = 0; j < y.length; j++) {
        if (y[i] !== 1 || y[j] !== 0) continue;
        pairs += 1;
        above += s[i] > s[j] ? 1 : s[i] === s[j] ? 0.5 : 0;
      }
    }
    near(rocAuc(y, s), above / pairs);
    const all = y.filter((label) => label === 1).length;
    let area = 0;
    let before = 0;
    for (const threshold of [...new Set(s)].sort((a, b) => b - a)) {
      const chosen = y.filter((_, i) => s[i] >= threshold);
      const hits = chosen.filter((label) => label === 1).length;
      area += (hits / all - before) * (hits / chosen.length);
      before = hits / all;
    }
    near(averagePrecision(y, s), area);
  });

  it('perfect, reversed and constant scores', () => {
    assert.deepEqual([averagePrecision([0, 1], [1, 2]), rocAuc([0, 1], [1, 2]), rocAuc([0, 1], [2, 1])], [1, 1, 0]);
    assert.deepEqual([averagePrecision([0, 1, 0, 0], [5, 5, 5, 5]), rocAuc([0, 1, 0, 0], [5, 5, 5, 5])], [0.25, 0.5]);
    assert.equal(averagePrecision([0, 0], [1, 2]), 0);
    assert.ok(Number.isNaN(rocAuc([1, 1], [1, 2])));
    assert.throws(() => rocAuc([1, 0], [1, Number.NaN]), RangeError);
  });
});

describe('classification', () => {
  const confusion = confusionMatrix(truth, decided, 3);
  it('agrees with scikit-learn', () => {
    assert.deepEqual(confusion, [
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 3],
    ]);
    near(accuracy(confusion), 0.7);
    const macro = macroScores(confusion);
    near(macro.precision, 0.6944444444444443);
    near(macro.recall, 0.6944444444444443);
    near(macro.f1, 0.6944444444444443);
    assert.deepEqual(
      [0, 1, 2].map((c) => classScores(confusion, c).f1),
      [2 / 3, 2 / 3, 0.75],
    );
    near(
      logLoss([0, 1, 2, 2], Float64Array.from([0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.25, 0.5, 0.25, 0.1, 0.1, 0.8]), 3),
      0.720600897061747,
    );
  });

  it('gives 0 where nothing was decided or nothing is true, and leaves classes out that never occur', () => {
    const none = confusionMatrix([0, 0, 1], [0, 0, 0], 3);
    assert.deepEqual(classScores(none, 1), { precision: 0, recall: 0, f1: 0, support: 1 });
    near(macroScores(none).f1, 0.4);
  });

  it('takes the first of equal outputs and keeps log loss finite', () => {
    assert.deepEqual([...argmaxRows([0.5, 0.5, 0.2, 0.8], 2)], [0, 1]);
    near(logLoss([1], [1, 0], 2), -Math.log(1e-7));
    assert.throws(() => confusionMatrix([0], [2], 2), RangeError);
  });

  it('measures a sigmoid output and a pair of softmax outputs alike', () => {
    const y = [0, 1, 1, 0];
    const p = Float32Array.from([0.25, 0.75, 0.375, 0.625]);
    const pair = Float32Array.from([...p].flatMap((x) => [1 - x, x]));
    const single = evaluateClasses(y, p, ['ok', 'bad']);
    assert.deepEqual(single, evaluateClasses(y, pair, ['ok', 'bad']));
    assert.deepEqual([single.accuracy, single.precision, single.recall, single.f1], [0.5, 0.5, 0.5, 0.5]);
    assert.equal(single.averagePrecision, (1 + 2 / 3) / 2);
    assert.deepEqual(evaluateClasses([1, 1], Float32Array.from([0.6, 0.6]), ['a', 'b']).rocAuc, null);
  });

  it('refuses outputs that are not finite or of another number', () => {
    assert.throws(() => evaluateClasses([0], Float32Array.from([Number.NaN, 1]), ['a', 'b']), /not finite/);
    assert.throws(() => evaluateClasses([0, 1], Float32Array.from([1, 0, 1]), ['a', 'b']), RangeError);
  });
});

describe('regression', () => {
  it('agrees with scikit-learn', () => {
    const a = [3, -0.5, 2, 7];
    const b = [2.5, 0, 2, 8];
    near(meanAbsoluteError(a, b), 0.5);
    near(rootMeanSquaredError(a, b), 0.6123724356957945);
    near(rSquared(a, b), 0.9486081370449679);
    assert.equal(evaluateNumbers(Float32Array.from(a), Float32Array.from(b), 4).mae, 0.5);
  });
  it('constant truth: 1 when foretold exactly, else 0', () => {
    assert.deepEqual([rSquared([2, 2], [2, 2]), rSquared([2, 2], [1, 3])], [1, 0]);
  });
});
