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

/**
 * Of the focal loss (Lin 2017, arXiv 1708.02002) -q^gamma log p, q = 1 - p: the loss, and f of its slope -f q by the logit of
 * the class. Made of r = -log p / q, which has a limit where both go to 0.
 */
struct Focal {
  real loss, slope;
};
FL_INLINE Focal focal_of(real q, real minus_log_p, real gamma) {
  Focal f = {0, 0};
  if (!(q > (real)1e-30)) return f;
  const real series = (real)1 + q * ((real)0.5 + q * ((real)1 / (real)3 + q * ((real)0.25 + q * (real)0.2)));
  const real r = q < (real)0.02 ? series : minus_log_p / q;
  const real power = exponential(gamma * logarithm(q));
  f.loss = power * q * r;
  f.slope = power * ((real)1 + gamma * ((real)1 - q) * r);
  return f;
}

/** As softmax_cross_entropy, the parts of the target each with the focal factor of its class. */
static inline real softmax_focal(const real* z, real* delta, uint32_t n, real scale, real gamma) {
  uint32_t best = 0;
  for (uint32_t c = 1; c < n; c++) best = z[c] > z[best] ? c : best;
  real rest = 0;  // all but the largest, so that its 1 - p keeps its digits
  for (uint32_t c = 0; c < n; c++) rest += c == best ? (real)0 : exponential(z[c] - z[best]);
  const real sum = (real)1 + rest, normaliser = logarithm(sum), inverse = (real)1 / sum;
  real loss = 0, mass = 0;
  for (uint32_t c = 0; c < n; c++) {
    if (delta[c] == 0) continue;
    const real e = exponential(z[c] - z[best]);
    const Focal f = focal_of((c == best ? rest : sum - e) * inverse, normaliser - (z[c] - z[best]), gamma);
    loss += delta[c] * f.loss;
    delta[c] *= f.slope;
    mass += delta[c];
  }
  for (uint32_t c = 0; c < n; c++) {
    const real e = exponential(z[c] - z[best]);
    // p mass - delta; for the largest 1 - p is known better.
    delta[c] = (c == best ? (mass - delta[c]) - rest * inverse * mass : e * inverse * mass - delta[c]) * scale;
  }
  return loss;
}

/** As sigmoid_cross_entropy: the parts t and 1 - t of a target each with the focal factor of their side. */
static inline real sigmoid_focal(const real* z, real* delta, uint32_t n, real scale, real gamma) {
  const real share = (real)1 / (real)n;
  real loss = 0;
  for (uint32_t c = 0; c < n; c++) {
    const real small = exponential(z[c] > 0 ? -z[c] : z[c]), whole = (real)1 + small, tail = logarithm(whole);
    const real likely = (real)1 / whole, unlikely = small / whole;
    const real p = z[c] > 0 ? likely : unlikely, q = z[c] > 0 ? unlikely : likely, t = delta[c];
    const Focal yes = focal_of(q, (z[c] > 0 ? (real)0 : -z[c]) + tail, gamma);
    const Focal no = focal_of(p, (z[c] > 0 ? z[c] : (real)0) + tail, gamma);
    loss += t * yes.loss + ((real)1 - t) * no.loss;
    delta[c] = (((real)1 - t) * no.slope * p - t * yes.slope * q) * scale * share;
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

/** T^2 times the cross-entropy of softmax(z / T) against `soft`; its gradient by z, times `scale`, is added to delta. */
static inline real softened_softmax(const real* z, const float* soft, real* delta, uint32_t n, real scale, real temperature) {
  const real cool = (real)1 / temperature;
  real top = z[0];
  for (uint32_t c = 1; c < n; c++) top = z[c] > top ? z[c] : top;
  real sum = 0, mass = 0;
  for (uint32_t c = 0; c < n; c++) {
    sum += exponential((z[c] - top) * cool);
    mass += (real)soft[c];
  }
  const real normaliser = logarithm(sum), inverse = (real)1 / sum, slope = temperature * scale;
  real loss = 0;
  for (uint32_t c = 0; c < n; c++) {
    const real lower = (z[c] - top) * cool;
    loss += (real)soft[c] * (normaliser - lower);
    delta[c] += (exponential(lower) * inverse * mass - (real)soft[c]) * slope;
  }
  return loss * temperature * temperature;
}

/** As softened_softmax, each output a sigmoid of its own; the mean over the outputs. */
static inline real softened_sigmoid(const real* z, const float* soft, real* delta, uint32_t n, real scale, real temperature) {
  const real cool = (real)1 / temperature, share = (real)1 / (real)n, slope = temperature * scale * share;
  real loss = 0;
  for (uint32_t c = 0; c < n; c++) {
    const real x = z[c] * cool, t = (real)soft[c];
    const real small = exponential(x > 0 ? -x : x);
    loss += ((x > 0 ? x : (real)0) - x * t) + logarithm((real)1 + small);
    const real p = x > 0 ? (real)1 / ((real)1 + small) : small / ((real)1 + small);
    delta[c] += (p - t) * slope;
  }
  return loss * share * temperature * temperature;
}

/** gamma: 0, or that of the focal loss, for the cross-entropies. */
static inline real loss_row(const Model& m, const real* y, real* delta, real scale, real gamma) {
  const Shape& shape = output_shape(m);
  if (gamma != 0 && m.loss == SOFTMAX_CROSS_ENTROPY) return softmax_focal(y, delta, shape.channels, scale, gamma);
  if (gamma != 0 && m.loss == SIGMOID_CROSS_ENTROPY) return sigmoid_focal(y, delta, shape.channels, scale, gamma);
  if (m.loss == SOFTMAX_CROSS_ENTROPY) return softmax_cross_entropy(y, delta, shape.channels, scale);
  if (m.loss == SIGMOID_CROSS_ENTROPY) return sigmoid_cross_entropy(y, delta, shape.channels, scale);
  return error_loss(m.loss == HUBER, y, delta, shape, scale);
}

}  // namespace fl
#endif
