// exp, 1 / x, logistic and tanh in fixed point, to the bit as gemmlowp's published ones, which the reference kernels use.
// A number with n integer bits is raw / 2^(31 - n).
#ifndef FL_INT8_CURVES_H
#define FL_INT8_CURVES_H
#include "fixed_point.h"

namespace fl {
namespace int8 {

/** e^a for -1/4 <= a < 0, both without integer bits: a polynomial of the fourth degree around -1/8. */
static inline int32_t exp_of_quarter(int32_t a) {
  const int32_t centre = 1895147668;  // e^(-1/8)
  const int32_t third = 715827883;
  const int32_t x = a + ((int32_t)1 << 28);
  const int32_t x2 = high_product(x, x);
  const int32_t x3 = high_product(x2, x);
  const int32_t x4 = high_product(x2, x2);
  const int32_t tail = rounded_quotient(high_product(rounded_quotient(x4, 2) + x3, third) + x2, 1);
  return centre + high_product(centre, x + tail);
}

/** e^a for a <= 0 with 4 or 5 integer bits; the result has none. */
static inline int32_t exp_of_negative(int32_t a, int32_t integer_bits) {
  // e^-(2^k) for k = -2 .. 4, multiplied in for each bit of what the quarter leaves.
  static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) return INT_MOST;
  const int32_t fraction_bits = 31 - integer_bits;
  const int32_t quarter = (int32_t)1 << (fraction_bits - 2);
  const int32_t rest = (a & (quarter - 1)) - quarter;
  int32_t result = exp_of_quarter(saturated_shift(rest, integer_bits));
  const int32_t steps = wrapping_add(rest, -a);
  for (int32_t k = -2; k < integer_bits; k++) {
    if (steps & ((int32_t)1 << (fraction_bits + k))) result = high_product(result, powers[k + 2]);
  }
  return result;
}

/** 2 / (1 + a) for 0 <= a <= 1 without integer bits, by three steps of Newton's method; 2 integer bits. */
static inline int32_t twice_inverse(int32_t a) {
  const int32_t half = half_sum(a, INT_MOST);
  int32_t x = 1515870810 + high_product(half, -1010580540);  // 48/17 - 32/17 d
  for (int i = 0; i < 3; i++) {
    const int32_t left = ((int32_t)1 << 29) - high_product(half, x);
    x += saturated_shift(high_product(x, left), 2);
  }
  return x;
}

/** 1 / (1 + a) for 0 <= a <= 1, both without integer bits. */
static inline int32_t inverse(int32_t a) { return saturated_shift(twice_inverse(a), 1); }

/** 1 / (1 + e^-a) for a with 4 integer bits; the result has none. */
static inline int32_t logistic(int32_t a) {
  if (a == 0) return (int32_t)1 << 30;
  const int32_t positive = inverse(exp_of_negative(a > 0 ? -a : a, 4));
  return a > 0 ? positive : INT_MOST - positive;
}

/** tanh a for a with 4 integer bits; the result has none. */
static inline int32_t hyperbolic_tangent(int32_t a) {
  if (a == 0) return 0;
  // (1 - e) / (1 + e) with e = e^-2|a|: read with one integer bit more, the same bits are twice as much.
  const int32_t e = exp_of_negative(a > 0 ? -a : a, 5);
  const int32_t positive = saturated_shift(twice_inverse(e) - ((int32_t)1 << 29), 2);
  return a > 0 ? positive : -positive;
}

}  // namespace int8
}  // namespace fl
#endif
