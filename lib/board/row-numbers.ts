/**
 * Which number a row of the bank has on the board: row r lies at place r mod capacity there, as in the bank, so that both
 * train on the same rows in the same order.
 */
import type { SampleBank } from '../data/sample-bank';

/** Rows as they were in the bank at one moment. */
export interface RowSnapshot {
  /** Number of the oldest row, and the one that the next row will have. */
  first: number;
  next: number;
  generation: number;
  /** Features and targets of one row. */
  numbers: number;
  capacity: number;
  /** Number k of row r. */
  value(row: number, k: number): number;
}

/** `offset`: what is added to the count of samples ever given to have the number of a row. */
export function snapshotOf(bank: SampleBank, offset: number): RowSnapshot {
  const { width, targetWidth, capacity, generation, count, seen } = bank;
  const { features, targets } = bank.block();
  return {
    first: seen + offset - count,
    next: seen + offset,
    generation,
    numbers: width + targetWidth,
    capacity,
    value(row, k) {
      const place = row % capacity;
      return k < width ? features[place * width + k] : targets[place * targetWidth + k - width];
    },
  };
}

/** The offset with which the oldest row of the bank has the lowest number that means its place. */
export function offsetOf(bank: SampleBank): number {
  const first = bank.count === bank.capacity ? bank.state().oldest : 0;
  return first + bank.count - bank.seen;
}
