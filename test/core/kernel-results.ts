/** What native-kernels.cpp writes, made by core.wasm. */
import { createKernels } from '../../lib/core';
import { generator } from '../../lib/random/generator';

const LENGTH = 64;
const COUNT = 24;

const bytesOf = (values: Float32Array | Float64Array | Uint8Array | Uint32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

export function kernelInput(): Float32Array {
  const random = generator(41, 'native kernels');
  return Float32Array.from({ length: LENGTH * COUNT }, () => random.normal() * 0.5);
}

/** The products that sumAlong() weighs by. */
function dotsAlong(direction: Float32Array, vectors: Float32Array[]): Float64Array {
  const dots = new Float64Array(vectors.length);
  createKernels().sumAlong({
    direction,
    vectors,
    weigh(dot, _norm, i) {
      dots[i] = dot;
      return 0;
    },
    divisor: () => 1,
  });
  return dots;
}

export function kernelResults(): Buffer {
  const kernels = createKernels();
  const values = kernelInput();
  const parts: Buffer[] = [];
  const some = values.subarray(0, values.length - 3);
  const scales = Float32Array.from([0, 1, 2, 3], (c) => Math.fround(0.01) + Math.fround(Math.fround(0.001) * c));
  const zeros = new Float32Array(4).fill(-1.5);
  for (let bits = 1; bits <= 16; bits++) {
    for (const seed of [undefined, bits]) {
      const packed = kernels.packBits(some, bits, scales, zeros, seed);
      parts.push(bytesOf(packed), bytesOf(kernels.unpackBits(packed, some.length, bits, scales, zeros)));
    }
  }
  for (let size = 8; size <= 1024; size *= 2) {
    for (const bits of [1, 2]) {
      for (const seed of [undefined, size]) {
        const levels = bits === 1 ? Float32Array.of(-0.5, 0.5) : Float32Array.of(-1.5, -0.5, 0.5, 1.5);
        const block = { size, bits, levels, seed };
        const made = kernels.rotatedCodes(values.subarray(0, size - 3), block);
        const { bytes, unit, squaredNorm, product, squaredLevels } = made;
        parts.push(bytesOf(bytes), bytesOf(Float64Array.of(unit, squaredNorm, product, squaredLevels)));
        parts.push(bytesOf(kernels.rotatedBack(bytes, block, Math.fround(0.01))));
      }
    }
  }
  const step = Math.fround(0.7);
  const trits = kernels.trits(some, step, 3);
  parts.push(bytesOf(trits), bytesOf(kernels.tritsBack(trits, some.length, step) ?? new Float32Array()));
  for (let most = 1; most <= 255; most *= 4) {
    const plan = { bucket: 100, most, seed: most };
    const { steps, sparse, bytes } = kernels.buckets(some, plan);
    const back = kernels.bucketsBack(bytes, some.length, { ...plan, steps, sparse });
    parts.push(bytesOf(steps), bytesOf(bytes), bytesOf(back ?? new Float32Array()));
  }
  const vectors = Array.from({ length: COUNT }, (_, i) => values.subarray(i * LENGTH, (i + 1) * LENGTH));
  const fold = kernels.fold(LENGTH);
  fold.add(vectors[0], 5);
  for (const [i, vector] of vectors.entries()) fold.add(vector, [3, 0.7, 11, 1e-3][i % 4]);
  parts.push(bytesOf(fold.mean(17)), bytesOf(kernels.squaredDistances(vectors)));
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(kernels.crc32(bytesOf(values).subarray(0, -5)));
  parts.push(crc, bytesOf(Float64Array.of(kernels.dot(values.subarray(0, -1), values.subarray(1)))));
  parts.push(
    bytesOf(kernels.medians(vectors)),
    bytesOf(kernels.trimmedMeans(vectors, 5)),
    bytesOf(kernels.meansNearMedian(vectors, 7)),
    bytesOf(kernels.distancesTo(vectors[3], vectors)),
    bytesOf(dotsAlong(vectors[3], vectors)),
    bytesOf(Float64Array.of(kernels.norm(values.subarray(3, LENGTH - 2)))),
    bytesOf(kernels.greatest(some, 100)),
    bytesOf(kernels.notBelow(some, 0.75)),
    bytesOf(kernels.draw(some.length, 100, 41)),
  );
  return Buffer.concat(parts);
}
