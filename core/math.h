// exp, tanh, sigmoid and log by range reduction and a Taylor polynomial, with + - * / alone: a library's own differ from
// machine to machine. Errors are a few units in the last place.
#ifndef FL_MATH_H
#define FL_MATH_H
#include "real.h"

namespace fl {

#ifdef FL_DOUBLE
static const real ROUNDING = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the nearest integer in the low bits
static const real EXP_LOW = -708, EXP_HIGH = 709, TANH_HIGH = 20;
static const real LN2_HIGH = 0.693147180369123816490, LN2_LOW = 1.90821492927058770002e-10;
static const word SQRT_HALF = 0x3fe6a09e667f3bcdull;
enum { EXP_TERMS = 14, LOG_TERMS = 11 };
#else
static const real ROUNDING = 12582912.0f;  // 1.5 * 2^23
static const real EXP_LOW = -87, EXP_HIGH = 88, TANH_HIGH = 10;
static const real LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;
static const word SQRT_HALF = 0x3f3504f3u;
enum { EXP_TERMS = 7, LOG_TERMS = 5 };
#endif
static const real LOG2_E = (real)1.44269504088896340736;

/** x = k ln 2 + r with |r| <= ln 2 / 2: gives e^r - 1 and 2^k. */
struct Reduced {
  vec fraction;
  vec power;
};

FL_INLINE Reduced reduce(vec x) {
  const vec shifted = x * LOG2_E + ROUNDING;
  const vec k = shifted - ROUNDING;
  const vec r = (x - k * LN2_HIGH) - k * LN2_LOW;
  // r + r^2/2! + ... + r^N/N!: the first term left out is 5e-9 of 1 for N = 7, 5e-18 for N = 14.
  vec p = splat((real)1);
  for (int n = EXP_TERMS; n > 1; n--) p = (real)1 + p * r * ((real)1 / (real)n);
  Reduced out;
  out.fraction = p * r;
  out.power = power_of_two(shifted);
  return out;
}

FL_INLINE vec exponential(vec x) {
  const Reduced e = reduce(minimum(maximum(x, splat(EXP_LOW)), splat(EXP_HIGH)));
  return e.power + e.power * e.fraction;
}

FL_INLINE vec sigmoid(vec x) { return (real)1 / ((real)1 + exponential(-x)); }

/** By e^2x - 1, so that small x keep their digits. */
FL_INLINE vec hyperbolic_tangent(vec x) {
  const Reduced e = reduce((real)2 * minimum(maximum(x, splat(-TANH_HIGH)), splat(TANH_HIGH)));
  const vec minus_one = (e.power - (real)1) + e.power * e.fraction;
  return minus_one / (minus_one + (real)2);
}

FL_INLINE real exponential(real x) { return exponential(splat(x))[0]; }

/** For positive, normal x: x = 2^e m, sqrt(1/2) <= m < sqrt(2), and log m = 2 atanh((m - 1) / (m + 1)). */
FL_INLINE real logarithm(real x) {
  union {
    real value;
    word bits;
  } u;
  u.value = x;
  const word shifted = u.bits - SQRT_HALF + ((word)EXPONENT_BIAS << MANTISSA);
  const int e = (int)(shifted >> MANTISSA) - EXPONENT_BIAS;
  u.bits -= (word)e << MANTISSA;
  const real s = (u.value - (real)1) / (u.value + (real)1);
  const real square = s * s;
  real p = 0;
  for (int n = LOG_TERMS; n > 0; n--) p = (real)1 / (real)(2 * n - 1) + p * square;
  return ((real)2 * s * p + (real)e * LN2_LOW) + (real)e * LN2_HIGH;
}

}  // namespace fl
#endif
