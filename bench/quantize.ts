/** An update of 100,000 numbers in fewer bits by each method, and back, against copying its bytes. */
import { createKernels } from '../lib/core';
import { generator } from '../lib/random/generator';
import { type QuantizeMethod, quantizeUpdate } from '../lib/update/codecs/methods';
import { decodeAll, registryWith } from '../lib/update/codecs/registry';
import type { TensorSizes } from '../lib/update/message';
import { vectorPayload } from '../lib/update/vector';
import { compare, type Row } from './measure';

const LENGTH = 100_000;

const methods: Record<string, QuantizeMethod> = {
  quantize8: { bits: 8 },
  quantize2: { bits: 2, rounding: 'stochastic' },
  drive: { method: 'drive' },
  eden2: { method: 'eden', bits: 2 },
  eden4: { method: 'eden', bits: 4 },
  sign: { method: 'sign' },
  terngrad: { method: 'terngrad' },
  qsgd: { method: 'qsgd' },
};

export async function quantize(): Promise<Row[]> {
  const random = generator(1, 'bench quantize');
  const vector = Float32Array.from({ length: LENGTH }, () => random.normal() * 0.01);
  const target = new Float32Array(LENGTH);
  const copy = () => target.set(vector);
  const registry = registryWith(createKernels());
  const tensors: TensorSizes = [[LENGTH, 100]];
  const update = { payload: vectorPayload(vector), fl: { codecs: [], tensors } };
  const rows: Row[] = [];
  for (const [name, method] of Object.entries(methods)) {
    const { payload, codecs } = quantizeUpdate(update, method, 1, registry);
    const there = await compare(() => quantizeUpdate(update, method, 1, registry), copy);
    const back = await compare(() => decodeAll(payload, codecs, tensors, registry), copy);
    for (const [way, { ours, ratio }] of Object.entries({ [name]: there, [`${name}-back`]: back })) {
      rows.push({ name: `codec/${way}`, value: LENGTH / ours / 1e6, unit: 'M numbers/s', against: 'memcpy', ratio });
    }
  }
  return rows;
}
