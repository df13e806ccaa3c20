/** A backbone from TensorFlow's converter (6 numbers in, 2 out), and what TensorFlow Lite Micro makes of 24 rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../../../test/fixtures/int8');
const numbers = (base64: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
const told: Record<string, { input: string; output: string }> = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);

export const path = join(folder, 'float-edges.tflite');
export const file = new Uint8Array(readFileSync(path));
export const inputs = numbers(told['float-edges'].input);
export const outputs = numbers(told['float-edges'].output);
export const count = inputs.length / 6;
