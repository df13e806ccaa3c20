/**
 * The numbers of all tensors, one behind the other, in blocks that a Hadamard transform takes: each of the largest power of two
 * that is left, 4096 at most; fewer than 64 that remain fill one block of 8 to 64, with zeros behind them.
 */
const MOST = 4096;
const SMALL = 64;
const LEAST = 8;

export interface Block {
  start: number;
  /** Numbers of the vector in it; the rest of `size` are zeros. */
  count: number;
  size: number;
}

export function blocksOf(length: number): Block[] {
  const blocks: Block[] = [];
  let start = 0;
  for (let rest = length; rest > 0; ) {
    const floor = 2 ** Math.floor(Math.log2(rest));
    const size = rest >= SMALL ? Math.min(MOST, floor) : Math.max(LEAST, 2 ** Math.ceil(Math.log2(rest)));
    const count = Math.min(rest, size);
    blocks.push({ start, count, size });
    start += count;
    rest -= count;
  }
  return blocks;
}
