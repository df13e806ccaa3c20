/** A model with several labels at once as a file: its int8 outputs decide as the float32 ones do. */
import assert from 'node:assert/strict';
import { openInt8 } from '../../../lib/core';
import { exportModel } from '../../../lib/export';
import { initialWeights, parseSpec } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';

describe('an export of a multi-label model', () => {
  it('compares each label, and its int8 file tells them', async () => {
    const spec = parseSpec({
      version: 1,
      task: 'multi-label',
      input: [4],
      labels: ['a', 'b', 'c'],
      layers: [
        { type: 'dense', units: 8, activation: 'relu' },
        { type: 'dense', units: 3, activation: 'sigmoid' },
      ],
      seed: 1,
    });
    const count = 400;
    const features = Float32Array.from({ length: 4 * count }, (_, i) => Math.sin(i * i));
    // Label k holds where feature k is positive.
    const targets = Float32Array.from({ length: 3 * count }, (_, i) =>
      features[4 * Math.floor(i / 3) + (i % 3)] > 0 ? 1 : 0,
    );
    const samples = { features, targets, count };
    const core = createCoreEngine();
    const options = { epochs: 60, batchSize: 16, optimizer: 'adam', learningRate: 0.02, seed: 1 } as const;
    const { weights } = await core.train({ spec, weights: initialWeights(spec), samples, options });
    const { files, report } = await exportModel(
      {
        name: 'labels',
        spec,
        weights,
        formats: ['tflite-int8'],
        rangeMethod: 'minmax',
        calibration: samples,
        check: samples,
        about: [],
      },
      core,
    );
    const { float32, int8, largestDifference } = report.comparison ?? {};
    assert.ok((float32?.accuracy ?? 0) > 0.97 && (int8?.accuracy ?? 0) > 0.96, JSON.stringify(report.comparison));
    assert.ok((largestDifference ?? 1) < 0.12);
    const outputs = openInt8(files[0].bytes).predict(features, count);
    const right = outputs.reduce((sum, p, i) => sum + (p > 0.5 === (targets[i] === 1) ? 1 : 0), 0);
    assert.equal(right / outputs.length, int8?.accuracy);
  });
});
