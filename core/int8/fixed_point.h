// Integer arithmetic of quantised networks: products of a 32-bit integer and a real factor, given as 31 bits of mantissa and
// a power of two, rounded twice as TensorFlow Lite Micro's reference kernels round (Jacob et al., "Quantization and training
// of neural networks for efficient integer-arithmetic-only inference", CVPR 2018).
#ifndef FL_INT8_FIXED_POINT_H
#define FL_INT8_FIXED_POINT_H
#include "../real.h"

namespace fl {
namespace int8 {

static const int32_t INT_MOST = 0x7fffffff, INT_LEAST = -0x7fffffff - 1;

/** Sums and shifts that may leave 32 bits wrap round, on every target. */
FL_INLINE int32_t wrapping_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
FL_INLINE int32_t wrapping_shift(int32_t a, int32_t bits) { return bits > 31 ? 0 : (int32_t)((uint32_t)a << bits); }

FL_INLINE int32_t clamped(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }

/** a * b / 2^31 to the nearest integer, halves up; -2^31 * -2^31 saturates. */
FL_INLINE int32_t high_product(int32_t a, int32_t b) {
  if (a == INT_LEAST && b == INT_LEAST) return INT_MOST;
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/** x / 2^bits to the nearest integer, halves away from zero; 0 <= bits <= 31. */
FL_INLINE int32_t rounded_quotient(int32_t x, int32_t bits) {
  const int32_t mask = (int32_t)(((uint32_t)1 << bits) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> bits) + ((x & mask) > threshold ? 1 : 0);
}

/** x * 2^bits, saturated; 1 <= bits <= 30. */
FL_INLINE int32_t saturated_shift(int32_t x, int32_t bits) {
  const int32_t most = ((int32_t)1 << (31 - bits)) - 1;
  return x > most ? INT_MOST : x < -most ? INT_LEAST : wrapping_shift(x, bits);
}

/** (a + b) / 2, halves away from zero. */
FL_INLINE int32_t half_sum(int32_t a, int32_t b) {
  const int64_t sum = (int64_t)a + b;
  return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/** A factor mantissa * 2^(shift - 31), with 2^30 <= mantissa < 2^31, or 0. */
struct Factor {
  int32_t mantissa, shift;
};

/** Mantissa and exponent of a finite double >= 0, rounded to 31 bits, halves up; 0 below 2^-32. */
static inline Factor factor_of(double value) {
  union {
    double value;
    uint64_t bits;
  } u;
  u.value = value;
  Factor f = {0, 0};
  const int32_t exponent = (int32_t)(u.bits >> 52);
  if (exponent == 0) return f;  // 0, or so small that the product vanishes
  const uint64_t fraction = (u.bits & (((uint64_t)1 << 52) - 1)) | ((uint64_t)1 << 52);
  uint64_t mantissa = (fraction + ((uint64_t)1 << 21)) >> 22;
  f.shift = exponent - 1022;
  if (mantissa >> 31) {
    mantissa >>= 1;
    f.shift++;
  }
  f.mantissa = (int32_t)mantissa;
  if (f.shift < -31) f.mantissa = f.shift = 0;
  return f;
}

/** x times the factor, rounded after the product and after the shift to the right. */
FL_INLINE int32_t scaled(int32_t x, const Factor& f) {
  const int32_t left = f.shift > 0 ? f.shift : 0;
  return rounded_quotient(high_product(wrapping_shift(x, left), f.mantissa), left - f.shift);
}

}  // namespace int8
}  // namespace fl
#endif
