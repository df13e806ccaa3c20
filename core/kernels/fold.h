// A weighted sum that does not depend on the order of its terms.
//
// A term t = weight * value (one rounding, the same in whatever order it comes) is cut on two fixed grids:
//   high = t rounded to a multiple of 2^-10,  low = (t - high) rounded to a multiple of 2^-61,
// and both multiples are added as 64-bit integers, which is exact, associative and commutative.
//
// Why the cutting is right. M = 1.5 * 2^(52 + g) is a double whose unit in the last place is 2^g, and so is that of every
// double in [2^(52+g), 2^(53+g)). For |x| < 2^(51+g) the sum x + M lies there, so it is x rounded to a multiple k of 2^g
// (ties to even), x + M - M = k 2^g is exact, and bits(x + M) - bits(M) is the integer k itself.
//   g = -10: |t| <= 2^40 (checked before) is below 2^41, so high is exact and |t - high| <= 2^-11. t - high is a multiple
//            of t's last place and no longer than t, so the subtraction is exact.
//   g = -61: |t - high| <= 2^-11 is below 2^-10, as needed. What is dropped is at most 2^-62 of each term.
// The bits(M) are not subtracted at each term: after n terms the integer holds n bits(M) + sum k (mod 2^64), and
// n bits(M) is taken away when the bins are settled.
// Range of the integers: |k_low| <= 2^50, |k_high| <= 2^50. Every 2^11 terms the bins are settled: k_low is brought below
// 2^50 by carrying into k_high (2^51 low units are one high unit), so |k_low| < 2^50 + 2^61 never overflows. For k_high the
// caller keeps the sum of the terms' bounds below 2^51, that is |k_high| < 2^61 + the carries: no overflow either.
#ifndef FL_KERNELS_FOLD_H
#define FL_KERNELS_FOLD_H
#include "vector.h"

namespace fl {

typedef uint64_t pair_bits __attribute__((vector_size(16), may_alias));

static const double FOLD_HIGH = 6597069766656.0;                 // 1.5 * 2^42
static const double FOLD_LOW = 0.0029296875;                     // 1.5 * 2^-9
static const uint64_t FOLD_HIGH_BITS = 0x4298000000000000ull;    // bits(FOLD_HIGH)
static const uint64_t FOLD_LOW_BITS = 0x3f68000000000000ull;     // bits(FOLD_LOW)

/** Adds weight * v[i] to the bins: per two numbers {high0, high1, low0, low1}. n a multiple of 4; |weight * v[i]| <= 2^40. */
static inline void fold_add(uint64_t* bins, const float* v, uint32_t n, double weight) {
  for (uint32_t i = 0; i < n; i += 4) {
    pair_bits* b = (pair_bits*)(bins + 2 * i);
    const pair t = widen(v + i) * weight, u = widen(v + i + 2) * weight;
    const pair high = t + FOLD_HIGH, more = u + FOLD_HIGH;
    const pair low = (t - (high - FOLD_HIGH)) + FOLD_LOW, less = (u - (more - FOLD_HIGH)) + FOLD_LOW;
    b[0] += (pair_bits)high;
    b[1] += (pair_bits)low;
    b[2] += (pair_bits)more;
    b[3] += (pair_bits)less;
  }
}

/** Takes the bits(M) of `terms` terms away and carries: afterwards -2^50 <= low < 2^50, the one form of each sum. */
static inline void fold_settle(uint64_t* bins, uint32_t n, uint32_t terms) {
  for (uint32_t i = 0; i < n; i++) {
    uint64_t* high = bins + (i / 2) * 4 + (i & 1);
    uint64_t* low = high + 2;
    const int64_t l = (int64_t)(*low - terms * FOLD_LOW_BITS);
    const int64_t carry = (l + ((int64_t)1 << 50)) >> 51;
    *low = (uint64_t)l - ((uint64_t)carry << 51);
    *high = *high - terms * FOLD_HIGH_BITS + (uint64_t)carry;
  }
}

/** out = sum / divisor of settled bins: in float64, then rounded to float32. */
static inline void fold_mean(const uint64_t* bins, uint32_t n, double divisor, float* out) {
  for (uint32_t i = 0; i < n; i++) {
    const uint64_t* high = bins + (i / 2) * 4 + (i & 1);
    const double sum = (double)(int64_t)high[0] * 0x1p-10 + (double)(int64_t)high[2] * 0x1p-61;
    out[i] = (float)(sum / divisor);
  }
}

}  // namespace fl
#endif
