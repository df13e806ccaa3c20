/** The exact weighted sum of vectors that come one after the other. */
import { type Bins, binsBytes, createBins } from './bins';
import type { Fold } from './kernels';
import { createCore } from './wasm';

/** The most numbers of a piece, a multiple of 4: with its bins it stays in the caches near. */
const MOST_PIECE = 4096;

/** Adds a vector whole or not at all: what is wrong may be found in its last piece. */
function addWhole(bins: Bins, pieces: readonly [from: number, to: number][], vector: Float32Array, weight: number) {
  let size = 0;
  let done = 0;
  try {
    for (const [from, to] of pieces) {
      bins.put(vector.subarray(from, to));
      size = Math.max(size, bins.greatest(to - from));
      bins.check(weight, size);
      bins.add(weight, from, to - from);
      done++;
    }
  } catch (error) {
    takeBack(bins, pieces, vector, weight, done);
    throw error;
  }
  bins.counted(Math.abs(weight) * size);
}

/** The first `done` pieces are taken out again, which is exact. All numbers have had two terms then: those behind have two zeros. */
function takeBack(
  bins: Bins,
  pieces: readonly [from: number, to: number][],
  vector: Float32Array,
  weight: number,
  done: number,
): void {
  if (done === 0) return;
  for (const [i, [from, to]] of pieces.entries()) {
    bins.put(i < done ? vector.subarray(from, to) : new Float32Array(to - from));
    if (i < done) bins.add(-weight, from, to - from);
    else for (let twice = 0; twice < 2; twice++) bins.add(0, from, to - from);
  }
  bins.counted(0);
  bins.counted(0);
}

/** A fold has an instance of its own, whose memory is 16 bytes a number. */
export function createFold(length: number): Fold {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`A fold needs a length of at least 1, not ${length}`);
  const core = createCore();
  const piece = Math.min(length, MOST_PIECE);
  core.reserve(binsBytes(length, piece));
  const bins = createBins(core, core.base, length, piece);
  const pieces = Array.from({ length: Math.ceil(length / piece) }, (_, i): [number, number] => [
    i * piece,
    Math.min(length, (i + 1) * piece),
  ]);
  return {
    add(vector, weight) {
      if (vector.length !== length) {
        throw new RangeError(`The fold is of ${length} numbers, the vector has ${vector.length}`);
      }
      addWhole(bins, pieces, vector, weight);
    },
    mean: bins.mean,
    reset: bins.clear,
  };
}
