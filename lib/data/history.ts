/** The last numbers of one column of one group. */
export interface History {
  push(value: number): void;
  /** Numbers held. */
  length(): number;
  /** The number `back` rows ago (0: the present one); the oldest one kept when there are fewer. */
  ago(back: number): number;
}

export function createHistory(capacity: number): History {
  const values = new Float64Array(capacity);
  let next = 0;
  let length = 0;
  return {
    push(value) {
      values[next] = value;
      next = (next + 1) % capacity;
      if (length < capacity) length += 1;
    },
    length: () => length,
    ago: (back) => values[(next - 1 - Math.min(back, length - 1) + 2 * capacity) % capacity],
  };
}
