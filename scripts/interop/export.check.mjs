// The files that lib/export writes: TensorFlow's own interpreter and TensorFlow Lite Micro take them; float32 files agree with
// the engine, int8 files give TensorFlow Lite Micro's bytes in the core's int8 forward pass. Prints what the arenas are.
// The C headers compile as C and C++ and hold the very file on a boundary of 16 bytes (g++, clang++-14).
import { spawnSync } from 'node:child_process';
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

const compilers = [
  ['g++', '-std=c++11'],
  ['g++', '-std=gnu++14'],
  ['gcc', '-std=c11'],
  ['clang++-14', '-std=c++14'],
  ['clang-14', '-std=c11'],
];

/** What a program that includes the header says: how many bytes, whether they are aligned, the labels; then the bytes. */
function headerProgram(array, hasLabels) {
  const labels = hasLabels ? `for (int i = 0; i < ${array.toUpperCase()}_LABELS; i++) puts(${array}_labels[i]);` : '';
  return `#include <stdint.h>
#include <stdio.h>
#include "${array}.h"
int main(void) {
  printf("%u %d %d\\n", ${array}_len, (int)sizeof ${array}, (int)((uintptr_t)${array} % 16));
  ${labels}
  fflush(stdout);
  return fwrite(${array}, 1, ${array}_len, stderr) != ${array}_len;
}
`;
}

function checkHeader({ text, file, labels, array }, directory, report) {
  writeFileSync(join(directory, `${array}.h`), text);
  for (const [compiler, standard] of compilers) {
    const what = `${array}.h with ${compiler} ${standard}`;
    const source = join(directory, compiler.includes('++') ? 'header.cpp' : 'header.c');
    writeFileSync(source, headerProgram(array, labels !== undefined));
    const program = join(directory, 'header');
    const flags = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-variable', '-Wno-unused-const-variable'];
    const made = spawnSync(compiler, [standard, ...flags, source, '-o', program], { encoding: 'utf8' });
    report(made.status === 0, `${what}: ${made.error?.message ?? made.stderr}`);
    if (made.status !== 0) continue;
    const { stdout, stderr } = spawnSync(program);
    const expected = `${file.length} ${file.length} 0\n${(labels ?? []).map((label) => `${label}\n`).join('')}`;
    report(
      stdout.toString() === expected && stderr.equals(Buffer.from(file)),
      `${what}: other bytes, labels or alignment`,
    );
  }
}

export default async function check({ python, directory, report, requireBuilt, seed }) {
  const { openInt8 } = requireBuilt('lib/core/int8.js');
  const { exportModel } = requireBuilt('lib/export/index.js');
  const { createCoreEngine } = requireBuilt('lib/training/core/engine.js');
  const { entries, jobOf } = requireBuilt('test/lib/export/models.js');
  const engine = createCoreEngine();
  const hostile = ['a "quoted" \\ label', 'two\tparts??/', 'naïve */ ü'];
  for (const name of ['dense', 'autoencoder']) {
    const plain = jobOf(
      entries.find((entry) => entry.name === name),
      ROWS,
      seed,
    );
    const { labels } = plain.spec;
    const spec = labels ? { ...plain.spec, labels: [...hostile, ...labels].slice(0, labels.length) } : plain.spec;
    const { files } = await exportModel({ ...plain, spec, about: ['ends */ here', ...hostile] }, engine);
    const bytesFor = (format) => files.find((file) => file.format === format).bytes;
    const header = { text: bytesFor('c-header'), file: bytesFor('tflite-int8'), labels: spec.labels, array: name };
    checkHeader(header, directory, report);
  }
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
