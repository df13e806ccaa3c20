// Softmax, logistic, tanh, ReLU and another quantisation, each in the place of its input.
#ifndef FL_INT8_ELEMENTWISE_KERNELS_H
#define FL_INT8_ELEMENTWISE_KERNELS_H
#include "curves.h"
#include "network.h"

namespace fl {
namespace int8 {

/** With 5 integer bits: e to the (negative) difference from the greatest input. */
FL_INLINE int32_t softmax_term(const Operator& o, int32_t difference) {
  return exp_of_negative(high_product(wrapping_shift(difference, o.factor.shift), o.factor.mantissa), 5);
}

/** The softmax of one row: the sum has 12 integer bits, its inverse is taken between 1 and 2. */
static inline void softmax_row(const Operator& o, int8_t* x, uint32_t n) {
  int32_t most = -128;
  for (uint32_t i = 0; i < n; i++) {
    if (x[i] > most) most = x[i];
  }
  int32_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    const int32_t difference = x[i] - most;
    if (difference >= -o.radius) sum += rounded_quotient(softmax_term(o, difference), 12);
  }
  const int32_t zeros = __builtin_clz((uint32_t)sum);
  const int32_t inverted = inverse((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
  const int32_t bits = 12 - zeros + 31 - 8;
  for (uint32_t i = 0; i < n; i++) {
    const int32_t difference = x[i] - most;
    int32_t result = -128;
    if (difference >= -o.radius) {
      result += rounded_quotient(high_product(inverted, softmax_term(o, difference)), bits);
    }
    x[i] = (int8_t)clamped(result, -128, 127);
  }
}

/** Logistic has its results between 0 and 1 in 256 steps from -128 on, tanh between -1 and 1 in 128ths. */
FL_INLINE int8_t curve_of(const Operator& o, int8_t x) {
  const int32_t input = x - o.in_q.zero;
  if (input <= -o.radius) return -128;
  if (input >= o.radius) return 127;
  const int32_t a = scaled(input, o.factor);
  const int32_t result =
      o.code == TANH ? rounded_quotient(hyperbolic_tangent(a), 24) : rounded_quotient(logistic(a), 23) - 128;
  return (int8_t)clamped(result, -128, 127);
}

static inline void transform(const Operator& o, int8_t* x) {
  const uint32_t n = elements(o.in);
  switch (o.code) {
    case SOFTMAX:
      for (uint32_t i = 0; i < n; i += o.in.channels) softmax_row(o, x + i, o.in.channels);
      return;
    case LOGISTIC:
    case TANH:
      for (uint32_t i = 0; i < n; i++) x[i] = curve_of(o, x[i]);
      return;
    case RELU6:
      for (uint32_t i = 0; i < n; i++) x[i] = (int8_t)clamped(x[i], o.low, o.high);
      return;
    case LEAKY_RELU:
      for (uint32_t i = 0; i < n; i++) {
        const int32_t input = x[i] - o.in_q.zero;
        const int32_t moved = wrapping_add(scaled(input, input < 0 ? o.factor_below : o.factor), o.out_q.zero);
        x[i] = (int8_t)clamped(moved, -128, 127);
      }
      return;
    case RELU:
    case QUANTIZE:
      for (uint32_t i = 0; i < n; i++) {
        const int32_t moved = wrapping_add(scaled(x[i] - o.in_q.zero, o.factor), o.out_q.zero);
        x[i] = (int8_t)clamped(moved, o.low, o.high);
      }
      return;
    default:
      return;  // another shape of the same numbers
  }
}

}  // namespace int8
}  // namespace fl
#endif
