// The files that lib/export writes: TensorFlow's own interpreter and TensorFlow Lite Micro take them; float32 files agree with
// the engine, int8 files give TensorFlow Lite Micro's bytes in the core's int8 forward pass. Prints what the arenas are.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROWS = 64;
const TOLERANCE = 2e-5;

const codesOf = (features, { scale, zeroPoint }) =>
  Int8Array.from(features, (x) => Math.min(127, Math.max(-128, Math.round(x / scale) + zeroPoint)));

function normalised(features, normalisation) {
  const { mean, std } = normalisation;
  return features.map((x, i) => (x - mean[i % mean.length]) / std[i % std.length]);
}

/** What the engine gives for the features, and what each file must be fed with. */
async function prepare(job, engine, exportModel, openInt8) {
  const { files, report } = await exportModel(job, engine);
  const { spec, weights, normalisation, check } = job;
  const { features, count } = check;
  const { outputs } = await engine.predict({ spec, weights, normalisation, features, count });
  return ['tflite-float32', 'tflite-int8'].map((format) => {
    const { bytes } = files.find((file) => file.format === format);
    const told = report.files.find((file) => file.format === format);
    const rows = told.features === 'normalised' && normalisation ? normalised(features, normalisation) : features;
    if (format === 'tflite-float32') return { format, bytes, told, rows, expected: outputs };
    const network = openInt8(bytes);
    const codes = codesOf(rows, network.input);
    const expected = new Int8Array(outputs.length);
    for (let r = 0; r < count; r++) {
      const row = codes.subarray(r * network.inputSize, (r + 1) * network.inputSize);
      expected.set(network.predictCodes(row), r * network.outputSize);
    }
    return { format, bytes, told, rows: codes, expected };
  });
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

function compareFloat(given, expected) {
  const values = new Float32Array(Uint8Array.from(given).buffer);
  return (
    values.length === expected.length &&
    values.every((v, i) => Math.abs(v - expected[i]) <= TOLERANCE * (1 + Math.abs(expected[i])))
  );
}

const within = (given, expected, steps) => {
  const codes = new Int8Array(Uint8Array.from(given).buffer);
  const near = codes.reduce((sum, code, i) => sum + (Math.abs(code - expected[i]) <= steps ? 1 : 0), 0);
  return near / expected.length;
};

export default async function check({ python, directory, report, requireBuilt, seed }) {
  const { openInt8 } = requireBuilt('lib/core/int8.js');
  const { exportModel } = requireBuilt('lib/export/index.js');
  const { createCoreEngine } = requireBuilt('lib/training/core/engine.js');
  const { entries, jobOf } = requireBuilt('test/lib/export/models.js');
  const engine = createCoreEngine();
  const written = [];
  for (const [index, entry] of entries.entries()) {
    for (const file of await prepare(jobOf(entry, ROWS, seed), engine, exportModel, openInt8)) {
      const name = `${index}-${file.format}`;
      writeFileSync(join(directory, `${name}.tflite`), file.bytes);
      writeFileSync(join(directory, `${name}.in`), bytesOf(file.rows));
      written.push({ ...file, name, model: entry.name });
    }
  }
  writeFileSync(join(directory, 'files.json'), JSON.stringify(written.map(({ name }) => name)));
  python('export.py', [directory]);
  const arenas = JSON.parse(readFileSync(join(directory, 'arenas.json'), 'utf8'));
  report(written.length === 2 * entries.length, `only ${written.length} files`);
  for (const { name, model, format, told, expected } of written) {
    const micro = readFileSync(join(directory, `${name}.micro`));
    const lite = readFileSync(join(directory, `${name}.lite`));
    const what = `${model}, ${format}`;
    if (format === 'tflite-float32') {
      report(compareFloat(micro, expected), `${what}: TensorFlow Lite Micro does not agree with the engine`);
      report(compareFloat(lite, expected), `${what}: TensorFlow's interpreter does not agree with the engine`);
    } else {
      report(micro.equals(Buffer.from(bytesOf(expected))), `${what}: not the bytes of TensorFlow Lite Micro`);
      report(within(lite, expected, 1) >= 0.99, `${what}: TensorFlow's interpreter is not within one step`);
    }
    const { used, tensors } = arenas[name];
    console.log(
      `${what}: ${told.bytes} bytes, arena ${used} on this 64-bit machine (tensors ${tensors}), ${told.arenaBytes} estimated for a board`,
    );
  }
}
