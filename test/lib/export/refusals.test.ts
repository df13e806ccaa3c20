import assert from 'node:assert/strict';
import { type ExportJob, exportModel } from '../../../lib/export';
import { layoutOf, parseSpec } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import { entries, jobOf } from './models';

const engine = createCoreEngine();
const [dense] = entries;
const job = (): ExportJob => jobOf(dense, 20);

const refused = (changed: Partial<ExportJob>, code: string, words: RegExp): Promise<void> =>
  assert.rejects(exportModel({ ...job(), ...changed }, engine), (error: Error & { code?: string }) => {
    assert.equal(error.name, 'RefusedError');
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  });

describe('exports that are refused', () => {
  it('weights that are not finite or not as many', async () => {
    const { weights } = job();
    await refused({ weights: weights.map((w, i) => (i === 3 ? Number.NaN : w)) }, 'not-finite', /train the model anew/);
    await refused({ weights: weights.map((w, i) => (i === 3 ? Infinity : w)) }, 'not-finite', /NaN or infinity/);
    await refused({ weights: weights.subarray(1) }, 'weights', /parameters/);
  });

  it('samples of another width, without numbers, or none at all', async () => {
    const { calibration } = job();
    assert.ok(calibration);
    const narrow = { ...calibration, features: calibration.features.subarray(1) };
    await refused({ calibration: narrow }, 'samples', /9 features/);
    await refused({ check: narrow }, 'samples', /check samples/);
    const infinite = { ...calibration, features: calibration.features.map((x, i) => (i === 0 ? Infinity : x)) };
    await refused({ calibration: infinite }, 'not-finite', /remove those rows/);
    await refused({ calibration: undefined }, 'no-samples', /wire samples/);
    await refused({ formats: [] }, 'no-format', /choose at least one/);
  });

  it('samples so large that the model gives infinity', async () => {
    const { calibration } = job();
    assert.ok(calibration);
    const huge = { ...calibration, features: calibration.features.map((x) => x * 1e38) };
    await refused({ calibration: huge, normalisation: undefined }, 'not-finite', /finite/);
  });

  it('a normalisation that divides by nothing', async () => {
    const { normalisation } = job();
    assert.ok(normalisation);
    await refused(
      { normalisation: { ...normalisation, std: normalisation.std.map(() => 0) } },
      'normalisation',
      /above zero/,
    );
  });

  it('a layer that has no operator, unless only tfjs files are wanted', async () => {
    const spec = parseSpec({
      version: 1,
      task: 'classify',
      input: [4, 2],
      layers: [
        { type: 'foreign', className: 'LSTM', config: { units: 3 } },
        { type: 'dense', units: 2, activation: 'softmax' },
      ],
      labels: ['a', 'b'],
      seed: 1,
    });
    const weights = new Float32Array(layoutOf(spec).size).fill(0.1);
    const foreign = { spec, weights, normalisation: undefined, calibration: undefined, check: undefined };
    await refused({ ...foreign, formats: ['tflite-float32', 'tfjs'] }, 'model', /Layer 1 \(LSTM\) cannot be written/);
    const { files } = await exportModel({ ...job(), ...foreign, formats: ['tfjs'] }, engine);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['dense_tfjs/model.json', 'dense_tfjs/weights.bin'],
    );
  });

  it('names never lead anywhere: what is no letter or digit is replaced', async () => {
    for (const name of [
      '../../etc/passwd',
      'a\\..\\b',
      'C:\\x',
      '\0',
      '',
      '...',
      'über/straße',
      '9 lives',
      'x'.repeat(500),
    ]) {
      const { files } = await exportModel({ ...job(), name }, engine);
      for (const { name: file } of files)
        assert.match(file, /^[a-z][a-z0-9_]*(\.h|\.tflite|_tfjs\/(model\.json|weights\.bin))$/);
    }
  });
});
