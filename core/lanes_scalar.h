// LANES numbers at a time for a machine that adds one at a time (Cortex-M4F): four plain numbers, which the compiler keeps
// in registers of their own. The same operations in the same order as lanes_vector.h.
#ifndef FL_LANES_SCALAR_H
#define FL_LANES_SCALAR_H

namespace fl {

struct vec {
  real a, b, c, d;
  inline __attribute__((always_inline)) real& operator[](int i) { return i == 0 ? a : i == 1 ? b : i == 2 ? c : d; }
  inline __attribute__((always_inline)) const real& operator[](int i) const { return i == 0 ? a : i == 1 ? b : i == 2 ? c : d; }
};

/** Rows or inputs of a block whose sums are kept in registers: 32 of them hold 16 sums and what is added. */
enum { BLOCK = 2 };

FL_INLINE vec load(const real* p) { return vec{p[0], p[1], p[2], p[3]}; }
FL_INLINE void store(real* p, vec v) {
  p[0] = v.a;
  p[1] = v.b;
  p[2] = v.c;
  p[3] = v.d;
}
FL_INLINE vec splat(real x) { return vec{x, x, x, x}; }

FL_INLINE vec operator+(vec a, vec b) { return vec{a.a + b.a, a.b + b.b, a.c + b.c, a.d + b.d}; }
FL_INLINE vec operator+(vec a, real b) { return vec{a.a + b, a.b + b, a.c + b, a.d + b}; }
FL_INLINE vec operator+(real a, vec b) { return vec{a + b.a, a + b.b, a + b.c, a + b.d}; }
FL_INLINE vec operator-(vec a, vec b) { return vec{a.a - b.a, a.b - b.b, a.c - b.c, a.d - b.d}; }
FL_INLINE vec operator-(vec a, real b) { return vec{a.a - b, a.b - b, a.c - b, a.d - b}; }
FL_INLINE vec operator-(real a, vec b) { return vec{a - b.a, a - b.b, a - b.c, a - b.d}; }
FL_INLINE vec operator*(vec a, vec b) { return vec{a.a * b.a, a.b * b.b, a.c * b.c, a.d * b.d}; }
FL_INLINE vec operator*(vec a, real b) { return vec{a.a * b, a.b * b, a.c * b, a.d * b}; }
FL_INLINE vec operator*(real a, vec b) { return vec{a * b.a, a * b.b, a * b.c, a * b.d}; }
FL_INLINE vec operator/(vec a, vec b) { return vec{a.a / b.a, a.b / b.b, a.c / b.c, a.d / b.d}; }
FL_INLINE vec operator/(vec a, real b) { return vec{a.a / b, a.b / b, a.c / b, a.d / b}; }
FL_INLINE vec operator/(real a, vec b) { return vec{a / b.a, a / b.b, a / b.c, a / b.d}; }
FL_INLINE vec operator-(vec v) { return vec{-v.a, -v.b, -v.c, -v.d}; }
FL_INLINE vec& operator+=(vec& a, vec b) { return a = a + b; }

FL_INLINE vec where_greater(vec a, vec b, vec x, vec y) {
  return vec{a.a > b.a ? x.a : y.a, a.b > b.b ? x.b : y.b, a.c > b.c ? x.c : y.c, a.d > b.d ? x.d : y.d};
}

FL_INLINE real power_of_two(real shifted) {
  union {
    real value;
    word bits;
  } u;
  u.value = shifted;
  u.bits = (u.bits << MANTISSA) + ((word)EXPONENT_BIAS << MANTISSA);
  return u.value;
}
FL_INLINE vec power_of_two(vec v) {
  return vec{power_of_two(v.a), power_of_two(v.b), power_of_two(v.c), power_of_two(v.d)};
}

FL_INLINE real total(vec v) { return (v.a + v.b) + (v.c + v.d); }

}  // namespace fl
#endif
