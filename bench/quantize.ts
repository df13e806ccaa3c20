/** An update of 100,000 numbers to 8 bits, against copying its bytes. */
import { createKernels } from '../lib/core';
import { generator } from '../lib/random/generator';
import { quantizeWith } from '../lib/update/codecs/quantize';
import { compare, type Row } from './measure';

const LENGTH = 100_000;

export async function quantize(): Promise<Row[]> {
  const random = generator(1, 'bench quantize');
  const vector = Float32Array.from({ length: LENGTH }, () => random.normal() * 0.01);
  const target = new Float32Array(LENGTH);
  const coder = quantizeWith(createKernels());
  const { ours, ratio } = await compare(
    () => coder.encode(vector, [[LENGTH, 100]], { bits: 8 }),
    () => target.set(vector),
  );
  return [{ name: 'codec/quantize8', value: LENGTH / ours / 1e6, unit: 'M numbers/s', against: 'memcpy', ratio }];
}
