/**
 * The value that would stand at `index` if the values were sorted: Hoare's FIND, linear in time on average. Reorders
 * `values`, of which none may be NaN. The pivots are drawn, so that no sender can prepare values on which it is slow.
 */
export function kthSmallest(values: Float64Array, index: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= values.length) {
    throw new RangeError(`There is no value ${index} among ${values.length}`);
  }
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[low + Math.floor(Math.random() * (high - low + 1))];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (index <= j) high = j;
    else if (index >= i) low = i;
    else break;
  }
  return values[index];
}
