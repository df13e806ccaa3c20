import assert from 'node:assert/strict';
import { type ExportJob, type ExportReport, exportModel, type RangeMethod, rangeMethods } from '../../../lib/export';
import { initialWeights, type LayerSpec, parseSpec } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import { bySensor, engineRows, SENSORS, STEPS } from './engine-rows';

const engine = createCoreEngine();
const head: LayerSpec[] = [{ type: 'flatten' }, { type: 'dense', units: 2, activation: 'softmax' }];

const networks: [name: string, input: number[], layers: LayerSpec[]][] = [
  [
    'dense',
    [STEPS * SENSORS],
    [
      { type: 'dense', units: 20, activation: 'relu' },
      { type: 'dense', units: 2, activation: 'softmax' },
    ],
  ],
  ['conv1d', [STEPS, SENSORS], [{ type: 'conv1d', filters: 12, kernelSize: 3, activation: 'relu' }, ...head]],
  [
    'conv2d',
    [STEPS, SENSORS, 1],
    [
      { type: 'conv2d', filters: 6, kernelSize: [3, 3], padding: 'same', activation: 'relu' },
      { type: 'max_pool2d', poolSize: [2, 2] },
      ...head,
    ],
  ],
];

describe('int8 files of models trained on real data', () => {
  const train = engineRows('factory-train.csv');
  const test = engineRows('factory-test.csv');
  const normalisation = bySensor(train);

  for (const [name, input, layers] of networks) {
    let trained: ExportJob;

    before(async () => {
      const spec = parseSpec({ version: 1, task: 'classify', input, layers, labels: ['healthy', 'failing'], seed: 5 });
      const { weights } = await engine.train({
        spec,
        weights: initialWeights(spec),
        samples: train,
        normalisation,
        options: { epochs: 12, batchSize: 16, optimizer: 'momentum', learningRate: 0.01, seed: 1 },
      });
      trained = {
        name,
        spec,
        weights,
        normalisation,
        formats: ['tflite-int8'],
        rangeMethod: 'minmax',
        calibration: {
          features: train.features.slice(0, 500 * STEPS * SENSORS),
          targets: new Float32Array(0),
          count: 500,
        },
        check: test,
        about: [],
      };
    });

    const report = async (rangeMethod: RangeMethod): Promise<ExportReport> =>
      (await exportModel({ ...trained, rangeMethod }, engine)).report;

    for (const method of rangeMethods) {
      it(`${name}, ranges by ${method}: at most 1 % of the decisions change`, async () => {
        const { comparison, sameSamples, calibrationSamples, files } = await report(method);
        assert.ok(comparison);
        assert.equal(comparison.samples, test.count);
        assert.equal(sameSamples, false);
        assert.equal(calibrationSamples, 500);
        const { decisionsChanged = 1, float32, int8 } = comparison;
        assert.ok(decisionsChanged <= 0.01, `${100 * decisionsChanged} % changed`);
        assert.ok((float32.accuracy ?? 0) > 0.97, 'it learned something');
        assert.ok(Math.abs((float32.accuracy ?? 0) - (int8.accuracy ?? 1)) <= decisionsChanged + 1e-9);
        // Sensors of 0.4 and of 9000: one scale for raw features would leave nothing of the small ones.
        assert.equal(files[0].features, 'normalised');
      });
    }
  }
});
