import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import { checkOrder } from '../../../../lib/update/codecs/composition';
import { layers } from '../../../../lib/update/codecs/layers';
import { applyCodec, decodeAll, operations, remaining } from '../../../../lib/update/codecs/registry';
import type { TensorSizes } from '../../../../lib/update/message';
import { vectorPayload } from '../../../../lib/update/vector';
import { refused } from '../refused';

const tensors: TensorSizes = [
  [6, 2],
  [2, 2],
  [3, 1],
  [1, 1],
];
const kept = [true, true, false, false];
const vector = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
const update = { fl: { codecs: [], tensors }, payload: vectorPayload(vector) };
const step = [{ name: 'layers' }];

describe('layers left out', () => {
  it('sends one bit a tensor and the numbers of those that are kept, and restores zeros', () => {
    const { payload, codecs } = applyCodec(update, 'layers', { kept });
    assert.deepEqual(codecs, step);
    assert.deepEqual(payload, Buffer.concat([Buffer.of(0b0011), vectorPayload(vector.slice(0, 8))]));
    assert.deepEqual([...decodeAll(payload, codecs, tensors)], [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
    const middle = applyCodec(update, 'layers', { kept: [true, false, false, true] });
    assert.deepEqual([...decodeAll(middle.payload, step, tensors)], [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 12]);
  });

  it('holds no bit of what stays at home: another private part gives the same bytes', () => {
    const random = generator(3, 'private');
    const bytesOf = (of: Float32Array): Buffer => {
      const thinned = applyCodec({ ...update, payload: vectorPayload(of) }, 'layers', { kept });
      return applyCodec({ fl: { ...thinned, tensors }, payload: thinned.payload }, 'quantize', { bits: 8 }).payload;
    };
    const before = bytesOf(vector);
    for (let i = 0; i < 20; i++) {
      const other = vector.map((value, at) => (at < 8 ? value : random.normal() * 1e3));
      assert.deepEqual(bytesOf(other), before);
    }
  });

  it('is quantised after: the grids are of the tensors that are left', () => {
    const thinned = applyCodec(update, 'layers', { kept });
    const coded = applyCodec({ fl: { ...thinned, tensors }, payload: thinned.payload }, 'quantize', { bits: 8 });
    assert.equal(coded.payload.length, 1 + 2 * 4 + 8);
    const back = decodeAll(coded.payload, coded.codecs, tensors);
    for (const [i, value] of vector.slice(0, 8).entries()) assert.ok(Math.abs(back[i] - value) <= 8 / 127);
    assert.deepEqual([...back.subarray(8)], [0, 0, 0, 0]);
  });

  it('leaves the same tensors out of each vector behind the model', () => {
    const two: TensorSizes = [...tensors, ...tensors];
    const both = Float32Array.of(...vector, ...vector.map((v) => -v));
    const coded = applyCodec({ fl: { codecs: [], tensors: two }, payload: vectorPayload(both) }, 'layers', {
      kept: [...kept, ...kept],
    });
    assert.equal(coded.payload.length, 1 + 4 * 16);
    assert.deepEqual(
      decodeAll(coded.payload, step, two),
      both.map((v, i) => (i % 12 < 8 ? v : 0)),
    );
  });

  it('is done before all else; noise and quantisation follow it', () => {
    for (const after of ['part', 'select', 'code', 'mask'] as const) {
      refused('codec-order', () => checkOrder('part', [after]), /by the client/);
    }
    for (const next of ['noise', 'select', 'code', 'mask'] as const) checkOrder(next, ['part']);
    const thinned = applyCodec(update, 'layers', { kept });
    const fl = { codecs: thinned.codecs, tensors };
    assert.deepEqual(operations(fl), ['part']);
    const rest = remaining({ payload: thinned.payload, fl });
    assert.deepEqual(rest.values, vector.slice(0, 8));
    const doubled = rest.payloadOf(rest.values.map((v) => 2 * v));
    assert.deepEqual([...decodeAll(doubled, step, tensors)], [2, 4, 6, 8, 10, 12, 14, 16, 0, 0, 0, 0]);
  });

  it('refuses what a stranger may send', () => {
    const read = (payload: Buffer, sizes = tensors) => decodeAll(payload, step, sizes);
    refused('payload-size', () => read(Buffer.alloc(0)));
    refused('codec-parameters', () => read(Buffer.of(0b0000)), /no layer/);
    refused('codec-parameters', () => read(Buffer.concat([Buffer.of(0b10011), Buffer.alloc(32)])), /does not have/);
    refused('payload-size', () => read(Buffer.concat([Buffer.of(0b0011), Buffer.alloc(31)])));
    refused('payload-size', () => read(Buffer.concat([Buffer.of(0b0111), Buffer.alloc(32)])));
    const nine: TensorSizes = Array.from({ length: 9 }, (): [number, number] => [1, 1]);
    refused('codec-parameters', () => read(Buffer.of(1, 2, 0, 0, 0, 0), nine));
  });

  it('refuses choices that cannot be', () => {
    refused('codec-parameters', () => layers.encode(vector, tensors, { kept: [true] }));
    refused('codec-parameters', () => layers.encode(vector, tensors, { kept: kept.map(() => false) }));
    refused('codec-parameters', () => layers.encode(vector.slice(1), tensors, { kept }));
  });
});
