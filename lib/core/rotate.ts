/** Numbers to the nearest of a few levels behind a randomised Hadamard transform: core/kernels/rotate.h, one block at a time. */
import type { Kernels, RotatedBlock } from './kernels';
import { aligned, type Core } from './wasm';

/** Numbers of a block: a power of two. */
const LEAST = 8;
const MOST = 4096;
const MOST_LEVELS = 16;

function check({ size, bits, levels }: RotatedBlock): void {
  if (!Number.isInteger(Math.log2(size)) || size < LEAST || size > MOST) {
    throw new RangeError(`A block has ${LEAST} to ${MOST} numbers, a power of two, not ${size}`);
  }
  if (levels.length !== 2 ** bits || levels.length > MOST_LEVELS) {
    throw new RangeError(`${bits} bits have ${2 ** bits} levels, 16 at most, not ${levels.length}`);
  }
}

export function createRotate(core: Core): Pick<Kernels, 'rotatedCodes' | 'rotatedBack'> {
  const { exports: wasm, base } = core;
  const vectorAt = base;
  const workAt = vectorAt + MOST * 4;
  const codesAt = workAt + MOST * 4;
  const levelsAt = aligned(codesAt + MOST / 2);
  const madeAt = levelsAt + MOST_LEVELS * 4;
  const seedOf = ({ seed }: RotatedBlock): [rotate: number, seed: number] => [seed === undefined ? 0 : 1, seed ?? 0];
  const bytesOf = ({ size, bits }: RotatedBlock): number => (size * bits) / 8;

  return {
    rotatedCodes(values, block) {
      check(block);
      const { size, bits, levels } = block;
      if (values.length < 1 || values.length > size) {
        throw new RangeError(`${values.length} numbers do not go into a block of ${size}`);
      }
      core.reserve(madeAt + 32 - base);
      core.float32(vectorAt, values.length).set(values);
      core.float32(levelsAt, levels.length).set(levels);
      wasm.rotated_codes(vectorAt, values.length, size, ...seedOf(block), bits, levelsAt, workAt, codesAt, madeAt);
      const [unit, squaredNorm, product, squaredLevels] = core.float64(madeAt, 4);
      return { bytes: core.bytes(codesAt, bytesOf(block)).slice(), unit, squaredNorm, product, squaredLevels };
    },

    rotatedBack(bytes, block, scale) {
      check(block);
      const { size, bits, levels } = block;
      if (bytes.length !== bytesOf(block)) {
        throw new RangeError(`${size} codes of ${bits} bits are ${bytesOf(block)} bytes, not ${bytes.length}`);
      }
      core.reserve(madeAt + 32 - base);
      core.bytes(codesAt, bytes.length).set(bytes);
      core.float32(levelsAt, levels.length).set(levels);
      wasm.rotated_back(codesAt, size, ...seedOf(block), bits, levelsAt, scale, workAt);
      return core.float32(workAt, size).slice();
    },
  };
}
