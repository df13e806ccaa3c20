// Activations in place, and their derivatives from what they gave. Leaky ReLU has a slope of 0.3 (tfjs's default, and
// that of Keras 2).
#ifndef FL_ACTIVATION_H
#define FL_ACTIVATION_H
#include "math.h"
#include "model.h"

namespace fl {

static const real LEAK = (real)0.3;

static inline void softmax_row(real* z, uint32_t channels, uint32_t stride) {
  real top = z[0];
  for (uint32_t c = 1; c < channels; c++) top = z[c] > top ? z[c] : top;
  for (uint32_t c = 0; c < stride; c += LANES) store(z + c, exponential(load(z + c) - top));
  for (uint32_t c = channels; c < stride; c++) z[c] = 0;
  vec sum = splat(0);
  for (uint32_t c = 0; c < stride; c += LANES) sum += load(z + c);
  const vec inverse = splat((real)1 / total(sum));
  for (uint32_t c = 0; c < stride; c += LANES) store(z + c, load(z + c) * inverse);
}

static inline void activate(int32_t kind, real* z, uint32_t rows, const Shape& shape) {
  const uint32_t n = rows * shape.stride;
  const vec zero = splat(0);
  if (kind == RELU) {
    for (uint32_t i = 0; i < n; i += LANES) store(z + i, maximum(load(z + i), zero));
  } else if (kind == LEAKY_RELU) {
    for (uint32_t i = 0; i < n; i += LANES) {
      const vec v = load(z + i);
      store(z + i, where_greater(v, zero, v, v * LEAK));
    }
  } else if (kind == TANH) {
    for (uint32_t i = 0; i < n; i += LANES) store(z + i, hyperbolic_tangent(load(z + i)));
  } else if (kind == SIGMOID) {
    for (uint32_t i = 0; i < n; i += LANES) store(z + i, sigmoid(load(z + i)));
  } else if (kind == SOFTMAX) {
    for (uint32_t r = 0; r < rows; r++) softmax_row(z + r * shape.stride, shape.channels, shape.stride);
  }
}

/** delta *= derivative, y being the activation's output. */
static inline void activation_backward(int32_t kind, const real* y, real* delta, uint32_t rows, const Shape& shape) {
  const uint32_t n = rows * shape.stride;
  const vec zero = splat(0);
  if (kind == RELU) {
    for (uint32_t i = 0; i < n; i += LANES) store(delta + i, where_greater(load(y + i), zero, load(delta + i), zero));
  } else if (kind == LEAKY_RELU) {
    for (uint32_t i = 0; i < n; i += LANES) {
      const vec d = load(delta + i);
      store(delta + i, where_greater(load(y + i), zero, d, d * LEAK));
    }
  } else if (kind == TANH) {
    for (uint32_t i = 0; i < n; i += LANES) {
      const vec v = load(y + i);
      store(delta + i, load(delta + i) * ((real)1 - v * v));
    }
  } else if (kind == SIGMOID) {
    for (uint32_t i = 0; i < n; i += LANES) {
      const vec v = load(y + i);
      store(delta + i, load(delta + i) * (v * ((real)1 - v)));
    }
  } else if (kind == SOFTMAX) {
    for (uint32_t r = 0; r < rows; r++) {
      vec sum = zero;
      const real* p = y + r * shape.stride;
      real* d = delta + r * shape.stride;
      for (uint32_t c = 0; c < shape.stride; c += LANES) sum += load(p + c) * load(d + c);
      const vec mean = splat(total(sum));
      for (uint32_t c = 0; c < shape.stride; c += LANES) store(d + c, load(p + c) * (load(d + c) - mean));
    }
  }
}

}  // namespace fl
#endif
