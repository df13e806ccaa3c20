// Which numbers of a vector are sent: the k greatest in magnitude, those that are not below a bound, or k by lot. Nothing is
// sorted and no number is moved: three passes find the k-th greatest, whatever the numbers are, and one more writes down where
// those lie that are taken. The caller has checked that all numbers are finite.
#ifndef FL_KERNELS_SPARSE_H
#define FL_KERNELS_SPARSE_H
#include "../random.h"

namespace fl {

/** Of the 31 bits of a magnitude the upper 11 are looked at first, then twice 10. */
enum { MAGNITUDE_COUNTS = 2048 };

static inline uint32_t magnitude_of(float value) {
  union {
    float value;
    uint32_t bits;
  } u;
  u.value = value;
  return u.bits & 0x7fffffffu;
}

/**
 * The bits of the k-th greatest magnitude, 1 <= k <= n. `counts`: MAGNITUDE_COUNTS numbers; counts[0] is then how many of those
 * with this very magnitude belong to the k.
 */
static inline uint32_t greatest_magnitude(const float* v, uint32_t n, uint32_t k, uint32_t* counts) {
  uint32_t found = 0, known = 0;
  for (uint32_t shift = 20, digits = MAGNITUDE_COUNTS;; shift -= 10, digits = MAGNITUDE_COUNTS / 2) {
    for (uint32_t d = 0; d < digits; d++) counts[d] = 0;
    for (uint32_t i = 0; i < n; i++) {
      const uint32_t bits = magnitude_of(v[i]);
      counts[(bits >> shift) & (digits - 1)] += (bits & known) == found;
    }
    uint32_t digit = digits - 1;
    while (digit > 0 && counts[digit] < k) k -= counts[digit--];
    found |= digit << shift;
    known |= (digits - 1) << shift;
    if (shift == 0) break;
  }
  counts[0] = k;
  return found;
}

/**
 * Where the magnitudes above `bits` lie, and the first `equal` of those with these very bits. How many were written; `out` has
 * room for n.
 */
static inline uint32_t positions_from(const float* v, uint32_t n, uint32_t bits, uint32_t equal, uint32_t* out) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t own = magnitude_of(v[i]);
    const uint32_t tied = (own == bits) & (equal > 0);
    out[at] = i;
    at += (own > bits) | tied;
    equal -= tied;
  }
  return at;
}

/** `k` of the numbers 0 .. n - 1, each set of them as likely as any other, in ascending order (selection sampling). k <= n. */
static inline void draw_positions(uint32_t n, uint32_t k, uint32_t seed, uint32_t* out) {
  Random random = seeded(seed);
  uint32_t at = 0;
  for (uint32_t i = 0; at < k; i++) {
    if (below(&random, n - i) < k - at) out[at++] = i;
  }
}

}  // namespace fl
#endif
