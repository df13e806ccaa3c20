/** Euclidean distance of each vector to one point, by float64 differences. */
export function distancesTo(point: Float32Array, vectors: readonly Float32Array[]): Float64Array {
  return Float64Array.from(vectors, (vector) => {
    let sum = 0;
    for (let k = 0; k < point.length; k++) {
      const d = vector[k] - point[k];
      sum += d * d;
    }
    return Math.sqrt(sum);
  });
}
