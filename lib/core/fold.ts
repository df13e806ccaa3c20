/** The exact weighted sum of vectors that come one after the other. */
import { binsBytes, createBins } from './bins';
import type { Fold } from './kernels';
import { createCore } from './wasm';

/** A fold has an instance of its own, whose memory is 32 bytes a number. */
export function createFold(length: number): Fold {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`A fold needs a length of at least 1, not ${length}`);
  const core = createCore();
  core.reserve(binsBytes(length));
  const bins = createBins(core, core.base, length);
  return {
    add(vector, weight) {
      if (vector.length !== length) {
        throw new RangeError(`The fold is of ${length} numbers, the vector has ${vector.length}`);
      }
      bins.put(vector);
      bins.add(weight, bins.greatest(length));
    },
    mean: (divisor) => bins.mean(length, divisor).slice(),
    reset: bins.clear,
  };
}
