import assert from 'node:assert/strict';
import type { Codec } from '../../../../lib/update/codecs/codec';
import { checkOrder, refusedOrders } from '../../../../lib/update/codecs/composition';
import { applyCodec, codecs, decodeAll, recoded } from '../../../../lib/update/codecs/registry';
import type { TensorSizes } from '../../../../lib/update/message';
import { vectorPayload } from '../../../../lib/update/vector';
import { refused } from '../refused';

/** Keeps every second number; its side data is one byte that says which half. */
const everySecond: Codec = {
  name: 'every-second',
  role: 'selector',
  encode: (vector) => ({
    side: Buffer.of(1),
    kept: vector.filter((_, i) => i % 2 === 1),
    step: { name: 'every-second' },
  }),
  narrow: (payload, _step, tensors) => ({
    sideBytes: 1,
    tensors: tensors.map(([size]): [number, number] => [Math.floor(size / 2), 1]),
    select: (whole) => whole.filter((_, i) => i % 2 === payload[0]),
    restore: (kept) =>
      Float32Array.from({ length: tensors[0][0] }, (_, i) => (i % 2 === payload[0] ? kept[(i - payload[0]) / 2] : 0)),
  }),
};
const registry = new Map([...codecs(), ['every-second', everySecond]]);
const tensors: TensorSizes = [[8, 2]];
const vector = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const update = { fl: { codecs: [], tensors }, payload: vectorPayload(vector) };

describe('codec registry', () => {
  it('reads a plain vector without a codec', () => {
    assert.deepEqual(decodeAll(update.payload, [], tensors), vector);
    refused('payload-size', () => decodeAll(update.payload, [], [[9, 1]]));
  });

  it('adds a step and undoes it', () => {
    const coded = applyCodec(update, 'quantize', { bits: 16 });
    assert.deepEqual(
      coded.codecs.map((step) => step.name),
      ['quantize'],
    );
    assert.equal(coded.payload.length, 4 + 16);
    for (const [i, value] of decodeAll(coded.payload, coded.codecs, tensors).entries()) {
      assert.ok(Math.abs(value - vector[i]) < 8 / 32767);
    }
  });

  it('does the same steps to another vector: what was left out stays out, what was coded is coded alike', () => {
    const other = Float32Array.of(10, 20, 30, 40, 50, 60, 70, 80);
    const plain = recoded({ payload: update.payload, codecs: [] }, tensors, other, registry);
    assert.deepEqual(decodeAll(plain.payload, plain.codecs, tensors, registry), other);
    const half = applyCodec(update, 'every-second', {}, registry);
    const kept = recoded(half, tensors, other, registry);
    assert.deepEqual([...decodeAll(kept.payload, kept.codecs, tensors, registry)], [0, 20, 0, 40, 0, 60, 0, 80]);
    const fl = { codecs: half.codecs, tensors };
    const coded = applyCodec({ payload: half.payload, fl }, 'quantize', { bits: 8 }, registry);
    const again = recoded(coded, tensors, other, registry);
    assert.deepEqual(
      again.codecs.map(({ name }) => name),
      ['every-second', 'quantize'],
    );
    assert.equal(again.payload.length, coded.payload.length);
    for (const [i, value] of decodeAll(again.payload, again.codecs, tensors, registry).entries()) {
      assert.ok(Math.abs(value - (i % 2 === 1 ? other[i] : 0)) <= 80 / 127);
    }
  });

  it('undoes steps from last to first, each on what the one before left over', () => {
    const kept = applyCodec(update, 'every-second', {}, registry);
    assert.equal(kept.payload.length, 1 + 4 * 4);
    const coded = applyCodec(
      { fl: { codecs: kept.codecs, tensors }, payload: kept.payload },
      'quantize',
      { bits: 8 },
      registry,
    );
    assert.equal(coded.payload.length, 1 + 4 + 4);
    const back = decodeAll(coded.payload, coded.codecs, tensors, registry);
    assert.deepEqual(
      [...back].map((value) => Math.round(value * 10) / 10),
      [0, 2, 0, 4, 0, 6, 0, 8],
    );
    refused('payload-size', () => decodeAll(coded.payload.subarray(1), coded.codecs, tensors, registry));
  });

  it('refuses what it does not know and orders that make no sense', () => {
    refused('codec-unknown', () => decodeAll(update.payload, [{ name: 'zip' }], tensors), /update the palette/);
    refused('codec-unknown', () => decodeAll(update.payload, [{ name: '__proto__' }], tensors));
    const step = { name: 'quantize', bits: 8, per: 'tensor', grid: 'symmetric' };
    refused('codec-order', () => decodeAll(update.payload, [step, step], tensors));
    refused('codec-order', () => decodeAll(update.payload, [step, { name: 'every-second' }], tensors, registry));
    const once = applyCodec(update, 'quantize', { bits: 8 });
    const again = { fl: { codecs: once.codecs, tensors }, payload: once.payload };
    refused('codec-order', () => applyCodec(again, 'quantize', { bits: 8 }), /keep one fl-quantize/);
  });

  it('says for each refused order what to change', () => {
    refused('codec-order', () => checkOrder('noise', ['code']), /fl-dp-noise node before fl-quantize/);
    checkOrder('code', ['noise', 'select']);
    checkOrder('noise', []);
    for (const { next, after } of refusedOrders) refused('codec-order', () => checkOrder(next, [after]));
  });
});
