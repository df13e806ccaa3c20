import assert from 'node:assert/strict';
import { readVector, requireFinite, vectorPayload } from '../../../lib/update/vector';
import { refused } from './refused';

const kernels = { allFinite: (vector: Float32Array) => vector.every(Number.isFinite) };

describe('vector', () => {
  it('is the same memory as its payload, both ways', () => {
    const vector = Float32Array.of(1, -2.5, 3e38);
    const payload = vectorPayload(vector);
    assert.equal(payload.buffer, vector.buffer);
    assert.equal(payload.readFloatLE(4), -2.5);
    assert.equal(readVector(payload, 3).buffer, vector.buffer);
  });

  it('is copied where the payload is not aligned', () => {
    const bytes = Buffer.concat([Buffer.alloc(1), vectorPayload(Float32Array.of(1, -2.5, 3e38))]);
    for (let shift = 0; shift < 4; shift++) {
      const moved = Buffer.from(new Uint8Array(64).buffer, shift, 12);
      bytes.copy(moved, 0, 1);
      assert.deepEqual(readVector(moved, 3), Float32Array.of(1, -2.5, 3e38));
    }
  });

  it('has the length that the receiver expects, and finite numbers', () => {
    refused('payload-size', () => readVector(Buffer.alloc(8), 3));
    assert.equal(requireFinite(Float32Array.of(1, 2), kernels).length, 2);
    refused('not-finite', () => requireFinite(Float32Array.of(1, Number.NaN), kernels));
  });
});
