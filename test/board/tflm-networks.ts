/** Networks for test/board/tflm-2020/compare.cpp, and what its answers are held against: the int8 inference of core.wasm. */
import { writeFileSync } from 'node:fs';
import { openInt8 } from '../../lib/core/int8';
import { exportModel } from '../../lib/export';
import { generator } from '../../lib/random/generator';
import { createCoreEngine } from '../../lib/training/core/engine';
import { entries, jobOf } from '../lib/export/models';

const rowsEach = 16;
/** Operators that TensorFlow Lite Micro of 2020 does not have. */
const later = ['LEAKY_RELU', 'SQUEEZE', 'EXPAND_DIMS'];
/** A dense layer on each step of several: it came to TensorFlow Lite Micro later, and that of 2020 ends the program. */
const overSteps = 'autoencoder over steps';
/** What the adapter says when the library does not take a file. */
const tflmRefuses = -150;

export interface Network {
  name: string;
  /** Outputs of all rows. */
  expected: Float32Array;
  taken: boolean;
}

export async function writeNetworks(file: string): Promise<Network[]> {
  const engine = createCoreEngine();
  const parts: Buffer[] = [];
  const networks: Network[] = [];
  for (const entry of entries.filter(({ name }) => name !== overSteps)) {
    const { files } = await exportModel(jobOf(entry), engine);
    const tflite = files.find(({ format }) => format === 'tflite-int8');
    if (!tflite) continue;
    const bytes = Buffer.from(tflite.bytes);
    const network = openInt8(bytes);
    const { scale, zeroPoint } = network.input;
    const random = generator(1, entry.name);
    // Whole codes, halves between them, and what lies outside.
    const rows = Float32Array.from(
      { length: rowsEach * network.inputSize },
      () => scale * (random.below(1200) / 4 - 150 - zeroPoint),
    );
    const head = Buffer.alloc(16);
    [bytes.length, network.inputSize, network.outputSize, rowsEach].forEach((n, i) => {
      head.writeUInt32LE(n, 4 * i);
    });
    parts.push(head, bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16), Buffer.from(rows.buffer));
    networks.push({
      name: entry.name,
      expected: network.predict(rows, rowsEach),
      taken: !network.operators.some(({ name }) => later.includes(name)),
    });
  }
  writeFileSync(file, Buffer.concat(parts));
  return networks;
}

export function compareOutputs(networks: Network[], answers: Buffer): { passed: number; failed: number } {
  let at = 0;
  let passed = 0;
  let failed = 0;
  let taken = 0;
  const report = (good: boolean, what: string): void => {
    if (good) passed++;
    else {
      failed++;
      console.log(`FAILED: ${what}`);
    }
  };
  const answer = (outputs: number) => {
    const refused = answers.readInt32LE(at);
    const length = refused === 0 ? 4 * outputs : 0;
    const found = answers.subarray(at + 4, at + 4 + length);
    const instructions = answers.readUInt32LE(at + 4 + length);
    at += 8 + length;
    return { refused, found, instructions };
  };
  for (const { name, expected, taken: takes } of networks) {
    const core = answer(expected.length);
    const tflm = answer(expected.length);
    const bytes = Buffer.from(expected.buffer);
    report(core.refused === 0 && core.found.equals(bytes), `${name}: the core in QEMU, ${core.refused}`);
    if (!takes) {
      report(tflm.refused === tflmRefuses, `${name}: TensorFlow Lite Micro of 2020 lacks it, and says ${tflm.refused}`);
      continue;
    }
    taken++;
    report(tflm.refused === 0 && tflm.found.equals(bytes), `${name}: TensorFlow Lite Micro, ${tflm.refused}`);
    console.log(
      `${name}: ${core.instructions} instructions by the core, ${tflm.instructions} by TensorFlow Lite Micro`,
    );
  }
  report(at === answers.length && taken >= 6, `${taken} networks were taken`);
  return { passed, failed };
}
