// Losses of one row. `delta` holds the target and becomes the gradient by the output (of the logits, for the cross
// entropies), times `scale`; its padding stays 0. The loss given back is not scaled.
#ifndef FL_LOSS_H
#define FL_LOSS_H
#include "activation.h"

namespace fl {

static inline real softmax_cross_entropy(const real* z, real* delta, uint32_t n, real scale) {
  real top = z[0];
  for (uint32_t c = 1; c < n; c++) top = z[c] > top ? z[c] : top;
  real sum = 0, mass = 0;
  for (uint32_t c = 0; c < n; c++) {
    sum += exponential(z[c] - top);
    mass += delta[c];
  }
  const real normaliser = logarithm(sum), inverse = (real)1 / sum;
  real loss = 0;
  for (uint32_t c = 0; c < n; c++) {
    loss += delta[c] * (normaliser - (z[c] - top));
    delta[c] = (exponential(z[c] - top) * inverse * mass - delta[c]) * scale;
  }
  return loss;
}

/** The mean over the outputs of max(z, 0) - z t + log(1 + e^-|z|). */
static inline real sigmoid_cross_entropy(const real* z, real* delta, uint32_t n, real scale) {
  const real share = (real)1 / (real)n;
  real loss = 0;
  for (uint32_t c = 0; c < n; c++) {
    const real small = exponential(z[c] > 0 ? -z[c] : z[c]);
    loss += ((z[c] > 0 ? z[c] : (real)0) - z[c] * delta[c]) + logarithm((real)1 + small);
    const real p = z[c] > 0 ? (real)1 / ((real)1 + small) : small / ((real)1 + small);
    delta[c] = (p - delta[c]) * scale * share;
  }
  return loss * share;
}

/** The mean over the outputs of (y - t)^2, or of Huber's loss with a bend at 1. */
static inline real error_loss(bool huber, const real* y, real* delta, const Shape& shape, real scale) {
  const real share = (real)1 / (real)(pixels(shape) * shape.channels);
  real loss = 0;
  for (uint32_t p = 0; p < pixels(shape); p++, y += shape.stride, delta += shape.stride) {
    for (uint32_t c = 0; c < shape.channels; c++) {
      const real e = y[c] - delta[c];
      if (!huber) {
        loss += e * e;
        delta[c] = (real)2 * e * scale * share;
      } else if (e <= 1 && e >= -1) {
        loss += (real)0.5 * e * e;
        delta[c] = e * scale * share;
      } else {
        loss += (e > 0 ? e : -e) - (real)0.5;
        delta[c] = (e > 0 ? scale : -scale) * share;
      }
    }
  }
  return loss * share;
}

static inline real loss_row(const Model& m, const real* y, real* delta, real scale) {
  const Shape& shape = output_shape(m);
  if (m.loss == SOFTMAX_CROSS_ENTROPY) return softmax_cross_entropy(y, delta, shape.channels, scale);
  if (m.loss == SIGMOID_CROSS_ENTROPY) return sigmoid_cross_entropy(y, delta, shape.channels, scale);
  return error_loss(m.loss == HUBER, y, delta, shape, scale);
}

}  // namespace fl
#endif
