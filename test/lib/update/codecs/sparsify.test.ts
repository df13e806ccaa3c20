/** Only some numbers are sent: which ones, in how many bytes, and what a hostile payload can do. */
import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import { packPositions, readPositions } from '../../../../lib/update/codecs/positions';
import { applyCodec, type Coded, decodeAll, operations, remaining } from '../../../../lib/update/codecs/registry';
import type { SparsifyOptions } from '../../../../lib/update/codecs/sparsify';
import type { CodecStep, TensorSizes } from '../../../../lib/update/message';
import { readVector, vectorPayload } from '../../../../lib/update/vector';
import { refused } from '../refused';

const random = generator(9, 'sparsify');
const tensors: TensorSizes = [
  [200, 20],
  [20, 20],
  [100, 5],
  [5, 5],
];
const SIZE = 325;
const normal = (length = SIZE): Float32Array => Float32Array.from({ length }, () => random.normal());

const apply = (vector: Float32Array, options: unknown, codecs: CodecStep[] = [], sizes = tensors): Coded =>
  applyCodec({ payload: vectorPayload(vector), fl: { codecs, tensors: sizes } }, 'sparsify', options);
const back = ({ payload, codecs }: Coded, sizes = tensors): Float32Array => decodeAll(payload, codecs, sizes);
const isSent = (vector: Float32Array): number[] => [...vector.keys()].filter((i) => vector[i] !== 0);

/** The greatest of a part, by a sort. */
const greatest = (vector: Float32Array, start: number, size: number, k: number): number[] =>
  Array.from({ length: size }, (_, i) => start + i)
    .sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]))
    .slice(0, k)
    .sort((a, b) => a - b);

describe('sparsify', () => {
  it('top-k sends the greatest of each tensor, at least one, as they are; the rest is zeros', () => {
    const vector = normal();
    const found = back(apply(vector, { method: 'top-k', share: 0.1 }));
    const expected = [
      ...greatest(vector, 0, 200, 20),
      ...greatest(vector, 200, 20, 2),
      ...greatest(vector, 220, 100, 10),
      ...greatest(vector, 320, 5, 1),
    ];
    assert.deepEqual(isSent(found), expected);
    for (const i of expected) assert.equal(found[i], vector[i]);
  });

  it('top-k of all tensors together asks none of them for its own', () => {
    const vector = normal().fill(0.001, 200);
    const found = back(apply(vector, { method: 'top-k', share: 0.1, per: 'all' }));
    assert.deepEqual(isSent(found), greatest(vector, 0, SIZE, 33));
  });

  it('threshold sends what is not below it, or else the greatest number', () => {
    const vector = normal();
    const found = back(apply(vector, { method: 'threshold', threshold: 1.5 }));
    assert.deepEqual(isSent(found), isSent(vector.map((value) => (Math.abs(value) >= 1.5 ? value : 0))));
    const one = isSent(back(apply(vector, { method: 'threshold', threshold: 1e6 })));
    assert.deepEqual(one, greatest(vector, 0, SIZE, 1));
  });

  it('random-k is the same for a seed, tells no positions, and unbiased it is right on average', () => {
    const vector = normal();
    const options: SparsifyOptions = { method: 'random-k', share: 0.2, seed: 11 };
    const coded = apply(vector, options);
    // A seed, four counts, and 40 + 4 + 20 + 1 numbers.
    assert.equal(coded.payload.length, 4 + 16 + 4 * 65);
    assert.deepEqual(apply(normal(), options).payload.subarray(0, 20), coded.payload.subarray(0, 20));
    for (const i of isSent(back(coded))) assert.equal(back(coded)[i], vector[i]);
    const sum = new Float64Array(SIZE);
    const draws = 2000;
    for (let seed = 0; seed < draws; seed++) {
      const found = back(apply(vector, { ...options, seed, unbiased: true }));
      for (let i = 0; i < SIZE; i++) sum[i] += found[i] / draws;
    }
    // A number is sent with probability 1/5 and then 5 times as large: a standard deviation of 2 |x| over sqrt(2000).
    for (let i = 0; i < SIZE; i++) {
      assert.ok(Math.abs(sum[i] - vector[i]) < 5 * ((2 * Math.abs(vector[i])) / Math.sqrt(draws)), `number ${i}`);
    }
  });

  it('takes no more bytes than the numbers and the entropy of where they lie, and a little', () => {
    const length = 20_000;
    const vector = normal(length);
    for (const share of [0.001, 0.01, 0.1, 0.5]) {
      const { payload } = apply(vector, { method: 'top-k', share }, [], [[length, 1]]);
      const k = share * length;
      const entropy = (-length * (share * Math.log2(share) + (1 - share) * Math.log2(1 - share))) / 8;
      const side = payload.length - 4 * k;
      // Golomb codes of such gaps are within 4 % of the entropy (Golomb 1966), powers of two a little more.
      assert.ok(side <= 1.06 * entropy + 6, `${share}: ${side} bytes of ${entropy.toFixed(0)}`);
    }
  });

  it('chooses the shortest way to say where the numbers lie, and each way comes back', () => {
    const length = 4096;
    const even = (step: number): Uint32Array => Uint32Array.from({ length: length / step }, (_, i) => i * step);
    const cases: [string, Uint32Array][] = [
      ['bitmap', even(2)],
      ['rice', even(128)],
      ['rice', Uint32Array.of(4095)],
      ['rice', Uint32Array.of(0)],
      ['bitmap', even(1)],
    ];
    for (const [coding, positions] of cases) {
      const { side, how } = packPositions(positions, length);
      assert.equal(how.coding, coding);
      const found = readPositions(Buffer.concat([side, Buffer.of(255)]), { ...how }, length);
      assert.deepEqual([found.positions, found.bytes], [positions, side.length]);
    }
    for (let i = 0; i < 300; i++) {
      const size = 1 + random.below(600);
      const share = random.uniform() ** 3;
      const some = Uint32Array.from(Array(size).keys()).filter(() => random.uniform() < share);
      const positions = some.length > 0 ? some : Uint32Array.of(random.below(size));
      const { side, how } = packPositions(positions, size);
      const found = readPositions(side, { ...how }, size);
      assert.deepEqual([found.positions, found.bytes], [positions, side.length], `${positions.length} of ${size}`);
    }
  });

  it('is quantised behind, on what is left of each tensor, and noise in front of it stays known', () => {
    const vector = normal();
    const thin = apply(vector, { method: 'top-k', share: 0.1 });
    const coded = applyCodec({ payload: thin.payload, fl: { codecs: thin.codecs, tensors } }, 'quantize', { bits: 8 });
    const found = back(coded);
    const exact = back(thin);
    assert.deepEqual(isSent(found), isSent(exact));
    for (const [start, size] of [
      [0, 200],
      [200, 20],
      [220, 100],
      [320, 5],
    ]) {
      const largest = Math.max(...exact.subarray(start, start + size).map(Math.abs));
      for (let i = start; i < start + size; i++)
        assert.ok(Math.abs(found[i] - exact[i]) <= (0.5 / 127) * largest + 1e-6);
    }
    // 33 codes of one byte, 4 scales, and where they lie.
    assert.ok(coded.payload.length < 33 + 16 + 46);
    const privacy = { mode: 'local', clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 } as const;
    assert.deepEqual(operations({ codecs: coded.codecs, privacy }), ['noise', 'select', 'code']);
  });

  it('comes behind layers that stay at home, and not behind a quantised update', () => {
    const vector = normal();
    const part = applyCodec({ payload: vectorPayload(vector), fl: { codecs: [], tensors } }, 'layers', {
      kept: [true, false, true, false],
    });
    const update = { payload: part.payload, fl: { codecs: part.codecs, tensors } };
    const thin = applyCodec(update, 'sparsify', { method: 'top-k', share: 0.05 });
    assert.deepEqual(isSent(back(thin)), [...greatest(vector, 0, 200, 10), ...greatest(vector, 220, 100, 5)]);
    const { values, whole, select } = remaining({ payload: thin.payload, fl: { codecs: thin.codecs, tensors } });
    assert.deepEqual(whole, back(thin));
    assert.deepEqual(select(whole), values);
    const small = applyCodec(update, 'quantize', { bits: 8 });
    refused(
      'codec-order',
      () => apply(readVector(Buffer.alloc(4 * SIZE), SIZE), {}, small.codecs),
      /before fl-quantize/,
    );
  });

  it('sends one number of an update that is all zeros, and of a model of one number', () => {
    for (const options of [
      { method: 'top-k', share: 0.01 },
      { method: 'random-k', share: 0.01, seed: 1 },
      { method: 'threshold', threshold: 0.1 },
    ]) {
      assert.ok(back(apply(new Float32Array(SIZE), options)).every((value) => value === 0));
      const one = apply(Float32Array.of(-2.5), options, [], [[1, 1]]);
      assert.deepEqual([...back(one, [[1, 1]])], [-2.5]);
    }
  });

  it('keeps the least and the greatest numbers that float32 has', () => {
    const vector = new Float32Array(SIZE);
    vector.set([1e-45, -3.4028234663852886e38, 1e-38]);
    assert.deepEqual(back(apply(vector, { method: 'top-k', share: 1, per: 'all' })), vector);
    assert.deepEqual(isSent(back(apply(vector, { method: 'threshold', threshold: 1e-44 }))), [1, 2]);
  });

  it('refuses settings and numbers that are none', () => {
    for (const options of [
      { method: 'top-k', share: 0 },
      { method: 'top-k', share: 1.01 },
      { method: 'top-k', share: Number.NaN },
      { method: 'top-k', share: 0.1, per: 'layer' },
      { method: 'random-k', share: -1 },
      { method: 'threshold', threshold: 0 },
      { method: 'threshold', threshold: Number.POSITIVE_INFINITY },
      { method: 'best', share: 0.1 },
    ]) {
      refused('codec-parameters', () => apply(normal(), options));
    }
    refused('not-finite', () => apply(normal().fill(Number.NaN, 5, 6), { method: 'top-k', share: 0.1 }));
    refused('payload-size', () => apply(normal(12), { method: 'top-k', share: 0.1 }));
  });

  it('refuses each hostile payload before anything is made of it', () => {
    const decode = (payload: Buffer, step: Record<string, unknown>): unknown =>
      decodeAll(payload, [{ name: 'sparsify', method: 'top-k', ...step }], tensors);
    const count = (value: number, ...more: number[]): Buffer => {
      const bytes = Buffer.alloc(4 + more.length, Buffer.of(0, 0, 0, 0, ...more));
      bytes.writeUInt32LE(value, 0);
      return bytes;
    };
    const numbers = (n: number): Buffer => Buffer.alloc(4 * n);
    for (const step of [{}, { coding: 'zip' }, { coding: 7 }, { coding: 'rice' }, { coding: 'rice', bits: 25 }]) {
      refused('codec-parameters', () => decode(count(1, 0, 0, 0, 0), step));
    }
    refused('codec-parameters', () => decode(count(1, 0, 0), { coding: 'rice', bits: -1 }));
    refused('codec-parameters', () => decode(count(1, 0, 0), { coding: 'rice', bits: 0.5 }));
    refused('payload-size', () => decode(Buffer.alloc(3), { coding: 'rice', bits: 2 }));
    refused('payload-size', () => decode(Buffer.alloc(40), { coding: 'bitmap' }));
    // Bits behind the last number; no number at all; another number of numbers than are told.
    refused('codec-parameters', () => decode(Buffer.concat([Buffer.alloc(40), Buffer.of(0x20)]), { coding: 'bitmap' }));
    refused('codec-parameters', () => decode(Buffer.alloc(41), { coding: 'bitmap' }));
    refused('payload-size', () =>
      decode(Buffer.concat([Buffer.of(3), Buffer.alloc(40), numbers(1)]), { coding: 'bitmap' }),
    );
    refused('codec-parameters', () => decode(count(0, 0, 0), { coding: 'rice', bits: 2 }));
    refused('codec-parameters', () => decode(count(326, ...Array(400).fill(0)), { coding: 'rice', bits: 2 }));
    refused('codec-parameters', () => decode(count(0xffffffff, 1), { coding: 'rice', bits: 2 }));
  });

  it('refuses gaps that leave the vector, run out of bytes, or have bits set behind them', () => {
    const read = (bytes: number[], bits: number) => readPositions(Buffer.from(bytes), { coding: 'rice', bits }, 300);
    // With 4 low bits: 0 and 0101 is a gap of 5; 10 and 0000 then one of 16.
    assert.deepEqual([...read([1, 0, 0, 0, 0b01010], 4).positions], [5]);
    assert.deepEqual([...read([2, 0, 0, 0, 0b0101010, 0b000], 4).positions], [5, 22]);
    refused('codec-parameters', () => read([1, 0, 0, 0, 0b101010], 4));
    refused('codec-parameters', () => read([1, 0, 0, 0, 255, 255, 255, 255], 4));
    refused('codec-parameters', () => read([2, 0, 0, 0, 0b11110110, 0b11, 0], 9));
    refused('payload-size', () => read([1, 0, 0, 0, 255], 4));
    refused('payload-size', () => read([2, 0, 0, 0, 0b01010], 4));
    refused('codec-parameters', () => read([1, 0, 0, 0, 255, 255, 255, 1], 24));
  });

  it('of a seed refuses counts that the tensors do not have', () => {
    const step = { name: 'sparsify', method: 'random-k', coding: 'seed', per: 'tensor' };
    const side = Buffer.alloc(20);
    for (const [tensor, value] of [
      [0, 0],
      [0, 201],
      [3, 6],
      [3, 0xffffffff],
    ]) {
      for (let i = 0; i < 4; i++) side.writeUInt32LE(1, 4 + 4 * i);
      side.writeUInt32LE(value, 4 + 4 * tensor);
      refused('codec-parameters', () => decodeAll(Buffer.concat([side, Buffer.alloc(16)]), [step], tensors));
    }
    refused('payload-size', () => decodeAll(Buffer.alloc(19), [step], tensors));
    refused('codec-parameters', () => decodeAll(Buffer.alloc(40), [{ ...step, per: 'layer' }], tensors));
  });

  it('decodes nothing but what it was given, or refuses, when bytes are changed anywhere', () => {
    const vector = normal();
    const wishes: SparsifyOptions[] = [
      { method: 'top-k', share: 0.05 },
      { method: 'top-k', share: 0.5 },
      { method: 'random-k', share: 0.1, seed: 4 },
      { method: 'threshold', threshold: 2.9 },
    ];
    for (const options of wishes) {
      const coded = apply(vector, options);
      for (let i = 0; i < 3000; i++) {
        const payload = Buffer.from(coded.payload);
        payload[random.below(payload.length)] = random.below(256);
        const cut = random.uniform() < 0.2 ? payload.subarray(0, random.below(payload.length)) : payload;
        try {
          assert.equal(decodeAll(cut, coded.codecs, tensors).length, SIZE);
        } catch (error) {
          refused((error as { code: string }).code, () => {
            throw error;
          });
        }
      }
    }
  });
});
