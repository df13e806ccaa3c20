/** An update of 100,000 numbers in fewer bits by each method, or only some of them, and back, against copying its bytes. */
import { createKernels } from '../lib/core';
import { generator } from '../lib/random/generator';
import { type QuantizeMethod, quantizeUpdate } from '../lib/update/codecs/methods';
import { applyCodec, type Coded, decodeAll, registryWith } from '../lib/update/codecs/registry';
import type { SparsifyOptions } from '../lib/update/codecs/sparsify';
import type { TensorSizes } from '../lib/update/message';
import { vectorPayload } from '../lib/update/vector';
import { compare, type Row } from './measure';

const LENGTH = 100_000;

const thinned: Record<string, SparsifyOptions> = {
  'top-1%': { method: 'top-k', share: 0.01 },
  'top-10%': { method: 'top-k', share: 0.1 },
  'random-1%': { method: 'random-k', share: 0.01 },
};

const methods: Record<string, QuantizeMethod> = {
  quantize8: { bits: 8 },
  quantize2: { bits: 2, rounding: 'stochastic' },
  drive: { method: 'drive' },
  eden2: { method: 'eden', bits: 2 },
  eden4: { method: 'eden', bits: 4 },
  sign: { method: 'sign' },
  terngrad: { method: 'terngrad' },
  qsgd: { method: 'qsgd' },
  bfloat16: { method: 'bfloat16' },
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
  const ways: [name: string, code: () => Coded][] = [
    ...Object.entries(methods).map(([name, method]): [string, () => Coded] => [
      name,
      () => quantizeUpdate(update, method, 1, registry),
    ]),
    ...Object.entries(thinned).map(([name, options]): [string, () => Coded] => [
      name,
      () => applyCodec(update, 'sparsify', { ...options, seed: 1 }, registry),
    ]),
  ];
  for (const [name, code] of ways) {
    const { payload, codecs } = code();
    const there = await compare(code, copy);
    const back = await compare(() => decodeAll(payload, codecs, tensors, registry), copy);
    for (const [way, { ours, ratio }] of Object.entries({ codec: there, decode: back })) {
      rows.push({ name: `${way}/${name}`, value: LENGTH / ours / 1e6, unit: 'M numbers/s', against: 'memcpy', ratio });
    }
  }
  return rows;
}
