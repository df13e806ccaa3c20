/** The .tflite files of test/fixtures/int8, and what the reference kernels make of a few rows of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Int8Network } from '../../../lib/core';

const folder = join(__dirname, '../../../../test/fixtures/int8');
const expected: Record<string, { input: string; output: string }> = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);

export const names = Object.keys(expected);
export const refusedNames = readdirSync(folder)
  .filter((file) => file.startsWith('refused-'))
  .map((file) => file.replace('.tflite', ''));
export const fixture = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, `${name}.tflite`)));
/** Its input and output are float32, not codes. */
export const hasFloatEdges = (name: string): boolean => name === 'float-edges';
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
export const inputOf = (name: string): Uint8Array => bytes(expected[name].input);
export const outputOf = (name: string): Uint8Array => bytes(expected[name].output);

/** Rows of codes through a network, one after the other. */
export function predictRows(network: Int8Network, rows: Uint8Array): Uint8Array {
  const codes = new Int8Array(rows.buffer, rows.byteOffset, rows.length);
  const results: number[] = [];
  for (let at = 0; at < codes.length; at += network.inputSize) {
    results.push(...network.predictCodes(codes.subarray(at, at + network.inputSize)));
  }
  return Uint8Array.from(results);
}
