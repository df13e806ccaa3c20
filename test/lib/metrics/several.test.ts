/** Figures of several labels, several outputs, and of anomalies. */
import assert from 'node:assert/strict';
import { anomalyFigures } from '../../../lib/metrics/anomalies';
import { evaluateNumbers, evaluateReconstruction } from '../../../lib/metrics/evaluation';
import { evaluateLabels } from '../../../lib/metrics/multi-label';
import { averagePrecision } from '../../../lib/metrics/ranking';
import { rSquared } from '../../../lib/metrics/regression';

const near = (value: number | null | undefined, expected: number, within = 1e-6): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < within, `${value} for ${expected}`);

describe('figures of several labels at once', () => {
  // By hand: rows of (a, b, c).
  const truth = [1, 0, 0, /**/ 1, 1, 0, /**/ 0, 1, 0, /**/ 0, 0, 0];
  const outputs = Float32Array.of(0.9, 0.2, 0.1, /**/ 0.4, 0.8, 0.6, /**/ 0.1, 0.7, 0.2, /**/ 0.3, 0.6, 0.1);
  const figures = evaluateLabels(truth, outputs, ['a', 'b', 'c']);

  it('of each label: decided above one half', () => {
    const [a, b, c] = figures.labels;
    assert.deepEqual([a.precision, a.recall, a.support], [1, 0.5, 2]);
    near(a.f1, 2 / 3);
    near(a.averagePrecision, 1);
    near(b.precision, 2 / 3);
    assert.deepEqual([b.recall, b.averagePrecision], [1, 1]);
    near(b.f1, 0.8);
    assert.deepEqual([c.f1, c.averagePrecision, c.rocAuc, c.support], [0, null, null, 0]);
  });

  it('micro counts all together, macro is the mean over the labels', () => {
    // TP 3, FP 2, FN 1.
    near(figures.micro.f1, 6 / 9);
    near(figures.micro.precision, 3 / 5);
    near(figures.micro.recall, 3 / 4);
    near(figures.macro.f1, (2 / 3 + 0.8 + 0) / 3);
    near(figures.macro.averagePrecision, 1);
    near(figures.micro.averagePrecision, averagePrecision(truth, outputs));
    assert.equal(figures.exactMatch, 2 / 4);
    near(figures.hammingLoss, 3 / 12);
    near(
      figures.loss,
      -[0.9, 0.8, 0.9, 0.4, 0.8, 0.4, 0.9, 0.7, 0.8, 0.7, 0.4, 0.9].reduce((s, p) => s + Math.log(p), 0) / 12,
    );
  });

  it('refuses outputs that do not fit or are no numbers', () => {
    assert.throws(() => evaluateLabels([1, 0], Float32Array.of(1), ['a']), RangeError);
    assert.throws(() => evaluateLabels([1], Float32Array.of(Number.NaN), ['a']), RangeError);
  });
});

describe('figures of several numbers', () => {
  it('each output has its own, and R squared is their mean', () => {
    const truth = Float32Array.of(1, 1000, 2, 2000, 3, 3000);
    const outputs = Float32Array.of(2, 1000, 2, 2000, 2, 3300);
    const { mae, rmse, r2, outputs: each } = evaluateNumbers(truth, outputs, 3);
    near(mae, (1 + 0 + 0 + 0 + 1 + 300) / 6, 1e-4);
    near(rmse, Math.sqrt((1 + 1 + 90_000) / 6), 1e-3);
    assert.equal(each?.length, 2);
    near(each?.[0].mae, 2 / 3);
    near(each?.[1].mae, 100, 1e-4);
    near(each?.[0].r2, 0);
    near(each?.[1].r2, rSquared([1000, 2000, 3000], [1000, 2000, 3300]));
    near(r2, ((each?.[0].r2 ?? 0) + (each?.[1].r2 ?? 0)) / 2);
    assert.equal(evaluateNumbers(Float32Array.of(1, 2), Float32Array.of(1, 2), 2).outputs, undefined);
  });
});

describe('figures of anomalies', () => {
  const errors = [0.1, 0.2, 0.3, 0.9, 2, 3, 0.8, 5];
  const truth = [0, 0, 0, 0, 0, 1, 1, -1];

  it('at the threshold: detection, precision, false alarms a day', () => {
    const figures = anomalyFigures(errors, { truth, threshold: 0.85, samplesPerDay: 1440 });
    assert.deepEqual([figures.normal, figures.anomalies, figures.samples], [5, 2, 8]);
    assert.deepEqual([figures.detection, figures.falseAlarmRate, figures.flagged], [0.5, 0.4, 0.5]);
    near(figures.precision, 1 / 3);
    near(figures.falseAlarmsPerDay, 0.4 * 1440);
    // Ranked 3 (anomaly), 2, 0.9, 0.8 (anomaly): precision 1 and 2/4.
    near(figures.averagePrecision, 0.75);
  });

  it('says no more than is known', () => {
    const nobody = anomalyFigures(errors, { truth: [], threshold: 0.85 });
    assert.deepEqual(Object.keys(nobody).sort(), ['flagged', 'samples', 'threshold']);
    const untold = anomalyFigures(errors, { truth });
    assert.ok(!('detection' in untold) && !('falseAlarmsPerDay' in untold));
    const normal = anomalyFigures([1, 2], { truth: [0, 0], threshold: 3 });
    assert.deepEqual([normal.averagePrecision, normal.falseAlarmRate], [null, 0]);
  });

  it('the error of a sample is the mean square over its features', () => {
    const { rmse, averagePrecision: ap } = evaluateReconstruction(
      Float32Array.of(0, 0, 3, 1),
      Float32Array.of(0, 1, 0, 1),
      2,
      {
        truth: [0, 1],
        threshold: 1,
      },
    );
    near(rmse, Math.sqrt(10 / 4));
    assert.equal(ap, 1);
  });
});
