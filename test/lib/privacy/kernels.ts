/** Norm and clipping by their definitions, in float64: the tests here need no core. */
export const plain = {
  norm: (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)),
  clip(vector: Float32Array, bound: number): number {
    const norm = plain.norm(vector);
    if (norm > bound) for (let i = 0; i < vector.length; i++) vector[i] *= bound / norm;
    return norm;
  },
};
