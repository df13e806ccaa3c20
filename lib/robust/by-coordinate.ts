/** What is computed for each coordinate by itself over all vectors. */

const columns = (vectors: readonly Float32Array[], of: (sorted: Float32Array) => number): Float32Array => {
  const column = new Float32Array(vectors.length);
  return Float32Array.from({ length: vectors[0].length }, (_, k) => {
    for (let i = 0; i < vectors.length; i++) column[i] = vectors[i][k];
    return of(column.sort());
  });
};

/** The middle value, or the mean of both middle ones. */
export const medians = (vectors: readonly Float32Array[]): Float32Array =>
  columns(vectors, (sorted) => {
    const n = sorted.length;
    return (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
  });

/** The mean without the `cut` least and the `cut` greatest values. */
export const trimmedMeans = (vectors: readonly Float32Array[], cut: number): Float32Array =>
  columns(vectors, (sorted) => {
    let sum = 0;
    for (let i = cut; i < sorted.length - cut; i++) sum += sorted[i];
    return sum / (sorted.length - 2 * cut);
  });

/** The mean of the `count` values that are nearest to the median. */
export const meansNearMedian = (vectors: readonly Float32Array[], count: number): Float32Array =>
  columns(vectors, (sorted) => {
    const n = sorted.length;
    const median = (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
    const near = [...sorted].sort((a, b) => Math.abs(a - median) - Math.abs(b - median)).slice(0, count);
    return near.reduce((sum, value) => sum + value, 0) / count;
  });
