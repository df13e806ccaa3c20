/** The penalty beta/2 |W^T W - I|^2 on a kernel, as core/lipschitz.h has it (Lin 2019, arXiv 1904.08444). */
import type { Slot } from './model';

/** gradient += 2 beta (K K^T K - K), K being rows of outputs; of a depthwise kernel a matrix for each input channel. */
export function addOrthogonality(slot: Slot, weights: Float32Array, gradient: Float32Array, beta: number): void {
  const { offset, size, channels, group } = slot;
  const rows = size / channels;
  const at = (row: number, channel: number): number => weights[offset + row * channels + channel];
  for (let o = 0; o < channels; o++) {
    const from = o - (o % group);
    const product = Array.from({ length: group }, (_, c) => {
      let sum = from + c === o ? -1 : 0;
      for (let r = 0; r < rows; r++) sum += at(r, o) * at(r, from + c);
      return sum;
    });
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let c = 0; c < group; c++) sum += at(r, from + c) * product[c];
      gradient[offset + r * channels + o] += 2 * beta * sum;
    }
  }
}
