// Defensive quantisation (Lin 2019, arXiv 1904.08444): a penalty beta/2 |W^T W - I|^2 on each kernel as a matrix of outputs by
// inputs holds its singular values near 1, so that no layer amplifies a perturbation much.
#ifndef FL_LIPSCHITZ_H
#define FL_LIPSCHITZ_H
#include "model.h"

namespace fl {

/**
 * gradient += 2 beta (K K^T K - K) of a layer. The kernel K is W transposed, rows of out.channels numbers; W^T W and W W^T have
 * the same gradient, so the smaller product is taken. A depthwise kernel is a matrix for each input channel, of `multiplier`
 * outputs. `row`: out.stride numbers of scratch.
 */
static inline void add_orthogonality(const Layer& l, const real* kernel, real beta, real* row, real* gradient) {
  const uint32_t stride = l.out.stride, rows = l.kernel_rows;
  const uint32_t group = l.type == DEPTHWISE ? l.multiplier : l.out.channels;
  const real twice = (real)2 * beta;
  for (uint32_t o = 0; o < l.out.channels; o++) {
    // Row o of K^T K, within its group.
    for (uint32_t c = 0; c < stride; c += LANES) {
      vec sum = splat(0);
      for (uint32_t r = 0; r < rows; r++) sum += kernel[r * stride + o] * load(kernel + r * stride + c);
      store(row + c, sum);
    }
    const uint32_t from = o / group * group;
    for (uint32_t c = 0; c < stride; c++) {
      if (c < from || c >= from + group) row[c] = 0;
    }
    row[o] -= 1;
    for (uint32_t r = 0; r < rows; r++) {
      vec sum = splat(0);
      for (uint32_t c = 0; c < stride; c += LANES) sum += load(kernel + r * stride + c) * load(row + c);
      gradient[r * stride + o] += twice * total(sum);
    }
  }
}

/** Between a backward pass and the step: a strip of deltas is the scratch. */
static inline void add_orthogonality(const Model& m, real beta) {
  for (uint32_t i = 0; i < m.layer_count; i++) {
    const Layer& l = m.layers[i];
    if (l.kernel_rows == 0) continue;
    add_orthogonality(l, m.memory + m.weights + l.kernel, beta, m.memory + m.delta_a, m.memory + m.gradient + l.kernel);
  }
}

}  // namespace fl
#endif
