// The numbers that everything here is made of: float on every target, double only where gradients are checked. Four of
// them at a time fix the order of additions, so that wasm, x86-64 and Cortex-M4F give the same bits.
#ifndef FL_REAL_H
#define FL_REAL_H
#include <stddef.h>
#include <stdint.h>

#define FL_INLINE static inline __attribute__((always_inline))

namespace fl {

#ifdef FL_DOUBLE
typedef double real;
typedef uint64_t word;
enum { LANES = 2, MANTISSA = 52, EXPONENT_BIAS = 1023 };
#else
typedef float real;
typedef uint32_t word;
enum { LANES = 4, MANTISSA = 23, EXPONENT_BIAS = 127 };
#endif

}  // namespace fl

// FL_SCALAR: the machine has no registers of 16 bytes, and a compiler keeps vectors of its own extension in memory then.
#if !defined(FL_SCALAR) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define FL_SCALAR
#endif
#if defined(FL_SCALAR) && !defined(FL_DOUBLE)
#include "lanes_scalar.h"
#else
#include "lanes_vector.h"
#endif

namespace fl {

FL_INLINE vec minimum(vec a, vec b) { return where_greater(b, a, a, b); }
FL_INLINE vec maximum(vec a, vec b) { return where_greater(a, b, a, b); }

/** The next multiple of LANES: rows are padded to it, so that no loop has a tail. */
FL_INLINE uint32_t padded(uint32_t n) { return (n + LANES - 1) / LANES * LANES; }

FL_INLINE real square_root(real x) {
#ifdef FL_DOUBLE
  return __builtin_sqrt(x);
#else
  return __builtin_sqrtf(x);
#endif
}
FL_INLINE vec square_root(vec x) {
  vec y = x;
  for (int i = 0; i < LANES; i++) y[i] = square_root(x[i]);
  return y;
}

}  // namespace fl
#endif
