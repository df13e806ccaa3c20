import assert from 'node:assert/strict';
import { openInt8 } from '../../../lib/core/int8';
import { type ExportJob, type ExportResult, exportModel } from '../../../lib/export';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { SampleBlock } from '../../../lib/training/engine';
import { openTflite } from '../tflite-interpreter';
import { entries, jobOf } from './models';

const engine = createCoreEngine();

const fileOf = ({ files }: ExportResult, format: string): Uint8Array => {
  const file = files.find((one) => one.format === format);
  assert.ok(file);
  return file.bytes;
};

function rowsFor(job: ExportJob, samples: SampleBlock, result: ExportResult, format: string): Float32Array {
  const takes = result.report.files.find((file) => file.format === format)?.features;
  const { normalisation } = job;
  if (takes !== 'normalised' || !normalisation) return samples.features;
  const width = samples.features.length / samples.count;
  return samples.features.map((x, i) => (x - normalisation.mean[i % width]) / normalisation.std[i % width]);
}

describe('exported files in TensorFlow Lite', () => {
  for (const entry of entries) {
    it(`${entry.name}: float32 agrees with the engine`, async () => {
      const job = jobOf(entry);
      const samples = job.check;
      assert.ok(samples);
      const result = await exportModel(job, engine);
      const { spec, weights, normalisation } = job;
      const { features, count } = samples;
      const { outputs } = await engine.predict({ spec, weights, normalisation, features, count });
      const interpreter = await openTflite(fileOf(result, 'tflite-float32'));
      assert.equal(interpreter.input.dataType, 'float32');
      assert.deepEqual(interpreter.input.shape, [1, ...spec.input]);
      const rows = rowsFor(job, samples, result, 'tflite-float32');
      const [width, each] = [rows.length / count, outputs.length / count];
      for (let r = 0; r < count; r++) {
        const given = interpreter.run(rows.subarray(r * width, (r + 1) * width));
        assert.equal(given.length, each);
        given.forEach((value, i) => {
          const wanted = outputs[r * each + i];
          assert.ok(Math.abs(value - wanted) <= 2e-5 * (1 + Math.abs(wanted)), `row ${r}: ${value}, not ${wanted}`);
        });
      }
      interpreter.close();
    });

    it(`${entry.name}: int8 is next to the int8 forward pass`, async () => {
      const job = jobOf(entry);
      const samples = job.check;
      assert.ok(samples);
      const result = await exportModel(job, engine);
      const file = fileOf(result, 'tflite-int8');
      const interpreter = await openTflite(file);
      const network = openInt8(file);
      const rows = rowsFor(job, samples, result, 'tflite-int8');
      const width = network.inputSize;
      const { scale, zeroPoint } = network.input;
      assert.equal(interpreter.input.dataType, 'int8');
      assert.equal(interpreter.output.dataType, 'int8');
      const steps: number[] = [];
      for (let r = 0; r < samples.count; r++) {
        const row = rows.subarray(r * width, (r + 1) * width);
        const codes = Int8Array.from(row, (x) => Math.min(127, Math.max(-128, Math.round(x / scale) + zeroPoint)));
        const [theirs, ours] = [interpreter.run(codes), network.predictCodes(codes)];
        steps.push(...theirs.map((code, i) => Math.abs(code - ours[i])));
      }
      interpreter.close();
      // XNNPACK rounds once where the reference kernels round twice, in every layer: now and then two of them add up.
      const most = steps.reduce((a, b) => Math.max(a, b), 0);
      const near = steps.filter((step) => step <= 1).length / steps.length;
      assert.ok(most <= 2, `one is ${most} steps away`);
      assert.ok(near >= 0.99, `only ${near} are within one step`);
    });
  }
});
