// The numbers that everything here is made of: float on every target, double only where gradients are checked. Vectors of
// 16 bytes fix the order of additions, so that wasm, x86-64 and Cortex-M4F give the same bits.
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

typedef real vec __attribute__((vector_size(16), may_alias));
typedef word mask __attribute__((vector_size(16), may_alias));

FL_INLINE vec load(const real* p) { return *reinterpret_cast<const vec*>(p); }
FL_INLINE void store(real* p, vec v) { *reinterpret_cast<vec*>(p) = v; }
FL_INLINE vec splat(real x) {
#ifdef FL_DOUBLE
  vec v = {x, x};
#else
  vec v = {x, x, x, x};
#endif
  return v;
}
/** The lanes of a where the mask is all ones, of b where it is 0. */
FL_INLINE vec select(mask m, vec a, vec b) { return (vec)(((mask)a & m) | ((mask)b & ~m)); }
FL_INLINE vec minimum(vec a, vec b) { return select((mask)(a < b), a, b); }
FL_INLINE vec maximum(vec a, vec b) { return select((mask)(a > b), a, b); }

/** The sum of the lanes, always in this order. */
FL_INLINE real total(vec v) {
#ifdef FL_DOUBLE
  return v[0] + v[1];
#else
  return (v[0] + v[1]) + (v[2] + v[3]);
#endif
}

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
