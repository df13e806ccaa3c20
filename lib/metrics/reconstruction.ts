/** How far an autoencoder's outputs are from its inputs: the score of an anomaly. */
import type { Normalisation } from '../training/engine';

/** Mean squared error of each row, in normalised units. `features` as they came, `outputs` as the network gave them. */
export function reconstructionErrors(
  features: Float32Array,
  outputs: Float32Array,
  count: number,
  normalisation: Normalisation | undefined,
): Float64Array {
  const width = features.length / Math.max(1, count);
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const raw = features[i * width + k];
      const input = normalisation ? (raw - normalisation.mean[k]) / normalisation.std[k] : raw;
      sum += (input - outputs[i * width + k]) ** 2;
    }
    return sum / width;
  });
}
