/** global + rate * change: products and sums in float64, each number rounded once. */
export function moved(global: Float32Array, change: Float32Array, rate = 1): Float32Array {
  const model = new Float32Array(global.length);
  for (let i = 0; i < model.length; i++) model[i] = global[i] + rate * change[i];
  return model;
}
