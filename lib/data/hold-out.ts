/**
 * Which samples of a client are held out to measure its models on. A sample is told by its numbers alone: the same one is
 * always on the same side, whenever and however often it comes, so that nothing is measured on what was trained on.
 */
import type { SampleBlock } from '../training/engine';

/** A number in [0, 1) from the bits of a row (the final mix of MurmurHash3, A. Appleby, after each word). */
function placeOf(words: Uint32Array, targets: Uint32Array, seed: number): number {
  let hash = seed | 0;
  for (const part of [words, targets]) {
    for (const word of part) {
      hash = Math.imul(hash ^ word, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
  }
  return (hash >>> 0) / 2 ** 32;
}

const words = (numbers: Float32Array, row: number, width: number): Uint32Array =>
  new Uint32Array(Float32Array.from(numbers.subarray(row * width, (row + 1) * width)).buffer);

function rowsOf({ features, targets }: SampleBlock, rows: readonly number[], width: number, targetWidth: number) {
  const block: SampleBlock = {
    features: new Float32Array(rows.length * width),
    targets: new Float32Array(rows.length * targetWidth),
    count: rows.length,
  };
  rows.forEach((row, i) => {
    block.features.set(features.subarray(row * width, (row + 1) * width), i * width);
    block.targets.set(targets.subarray(row * targetWidth, (row + 1) * targetWidth), i * targetWidth);
  });
  return block;
}

/** Each sample is held out with the chance `share` (0 to 1): about that part of them. */
export function splitHeldOut(
  block: SampleBlock,
  share: number,
  seed = 1,
): { train: SampleBlock; heldOut: SampleBlock } {
  const width = block.features.length / Math.max(1, block.count);
  const targetWidth = block.targets.length / Math.max(1, block.count);
  const sides: [number[], number[]] = [[], []];
  for (let row = 0; row < block.count; row++) {
    const place = placeOf(words(block.features, row, width), words(block.targets, row, targetWidth), seed);
    sides[place < share ? 1 : 0].push(row);
  }
  const [train, heldOut] = sides.map((rows) => rowsOf(block, rows, width, targetWidth));
  return { train, heldOut };
}
