/** Mean and standard deviation of each number over several vectors of one length, in float64 and in the order given. */
export interface Moments {
  mean: Float64Array;
  /** Of the population: divided by how many there are. */
  deviation: Float64Array;
}

export function momentsOf(vectors: readonly Float32Array[]): Moments {
  const [{ length }] = vectors;
  const n = vectors.length;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (const vector of vectors) for (let i = 0; i < length; i++) mean[i] += vector[i] / n;
  for (const vector of vectors) for (let i = 0; i < length; i++) deviation[i] += (vector[i] - mean[i]) ** 2 / n;
  return { mean, deviation: deviation.map(Math.sqrt) };
}
