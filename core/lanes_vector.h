// LANES numbers at a time, by the vector extension of gcc and clang: SSE, NEON and wasm's SIMD.
#ifndef FL_LANES_VECTOR_H
#define FL_LANES_VECTOR_H

namespace fl {

typedef real vec __attribute__((vector_size(16), may_alias));
typedef word mask __attribute__((vector_size(16), may_alias));

/** Rows or inputs of a block whose sums are kept in registers. */
enum { BLOCK = 4 };

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

/** The lanes of x where a > b, of y elsewhere. */
FL_INLINE vec where_greater(vec a, vec b, vec x, vec y) {
  const mask m = (mask)(a > b);
  return (vec)(((mask)x & m) | ((mask)y & ~m));
}

/** 2^k, of the bits that math.h's ROUNDING + k has. */
FL_INLINE vec power_of_two(vec shifted) {
  return (vec)(((mask)shifted << (word)MANTISSA) + ((word)EXPONENT_BIAS << MANTISSA));
}

/** The sum of the lanes, always in this order. */
FL_INLINE real total(vec v) {
#ifdef FL_DOUBLE
  return v[0] + v[1];
#else
  return (v[0] + v[1]) + (v[2] + v[3]);
#endif
}

}  // namespace fl
#endif
