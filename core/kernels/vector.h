// What one vector is asked: is it finite, how large is it, how long is it. float32 in, float64 sums in four lanes.
#ifndef FL_KERNELS_VECTOR_H
#define FL_KERNELS_VECTOR_H
#include <stddef.h>
#include <stdint.h>

namespace fl {

typedef double pair __attribute__((vector_size(16), may_alias));
typedef float two __attribute__((vector_size(8), may_alias, aligned(4)));
typedef uint32_t quad_bits __attribute__((vector_size(16), may_alias));

/** Two floats as doubles: exact. */
static inline __attribute__((always_inline)) pair widen(const float* p) {
#if defined(__clang__) || __GNUC__ >= 9
  return __builtin_convertvector(*(const two*)p, pair);
#else
  pair v = {(double)p[0], (double)p[1]};
  return v;
#endif
}

/**
 * The greatest magnitude. Float bits without the sign order as integers do, and every NaN and infinity lies above every
 * number, so that a result of 0x7f800000 or more means "not finite".
 */
static inline uint32_t greatest_bits(const float* v, uint32_t n) {
  quad_bits top0 = {0, 0, 0, 0}, top1 = {0, 0, 0, 0};
  const quad_bits sign_off = {0x7fffffffu, 0x7fffffffu, 0x7fffffffu, 0x7fffffffu};
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const quad_bits a = *(const quad_bits*)(v + i) & sign_off;
    const quad_bits b = *(const quad_bits*)(v + i + 4) & sign_off;
    const quad_bits a_more = (quad_bits)(a > top0), b_more = (quad_bits)(b > top1);
    top0 = (a & a_more) | (top0 & ~a_more);
    top1 = (b & b_more) | (top1 & ~b_more);
  }
  uint32_t top = 0;
  for (int k = 0; k < 4; k++) {
    if (top0[k] > top) top = top0[k];
    if (top1[k] > top) top = top1[k];
  }
  for (; i < n; i++) {
    union {
      float value;
      uint32_t bits;
    } u;
    u.value = v[i];
    const uint32_t bits = u.bits & 0x7fffffffu;
    if (bits > top) top = bits;
  }
  return top;
}

static inline double dot(const float* a, const float* b, uint32_t n) {
  pair s0 = {0, 0}, s1 = {0, 0}, s2 = {0, 0}, s3 = {0, 0};
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += widen(a + i) * widen(b + i);
    s1 += widen(a + i + 2) * widen(b + i + 2);
    s2 += widen(a + i + 4) * widen(b + i + 4);
    s3 += widen(a + i + 6) * widen(b + i + 6);
  }
  const pair s = (s0 + s1) + (s2 + s3);
  double sum = s[0] + s[1];
  for (; i < n; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

/** dot(v, v), by the same additions. */
static inline double squared_norm(const float* v, uint32_t n) {
  pair s0 = {0, 0}, s1 = {0, 0}, s2 = {0, 0}, s3 = {0, 0};
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const pair a = widen(v + i), b = widen(v + i + 2), c = widen(v + i + 4), d = widen(v + i + 6);
    s0 += a * a;
    s1 += b * b;
    s2 += c * c;
    s3 += d * d;
  }
  const pair s = (s0 + s1) + (s2 + s3);
  double sum = s[0] + s[1];
  for (; i < n; i++) sum += (double)v[i] * (double)v[i];
  return sum;
}

/** sum of v[i] * wide[i], where `wide` (16-byte aligned) has been made doubles once for many vectors. */
static inline double dot_wide(const float* v, const double* wide, uint32_t n) {
  pair s0 = {0, 0}, s1 = {0, 0}, s2 = {0, 0}, s3 = {0, 0};
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += widen(v + i) * *(const pair*)(wide + i);
    s1 += widen(v + i + 2) * *(const pair*)(wide + i + 2);
    s2 += widen(v + i + 4) * *(const pair*)(wide + i + 4);
    s3 += widen(v + i + 6) * *(const pair*)(wide + i + 6);
  }
  const pair s = (s0 + s1) + (s2 + s3);
  double sum = s[0] + s[1];
  for (; i < n; i++) sum += (double)v[i] * wide[i];
  return sum;
}

/** sum of (v[i] - wide[i])^2, likewise. */
static inline double distance_wide(const float* v, const double* wide, uint32_t n) {
  pair s0 = {0, 0}, s1 = {0, 0}, s2 = {0, 0}, s3 = {0, 0}, d;
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    d = widen(v + i) - *(const pair*)(wide + i);
    s0 += d * d;
    d = widen(v + i + 2) - *(const pair*)(wide + i + 2);
    s1 += d * d;
    d = widen(v + i + 4) - *(const pair*)(wide + i + 4);
    s2 += d * d;
    d = widen(v + i + 6) - *(const pair*)(wide + i + 6);
    s3 += d * d;
  }
  const pair s = (s0 + s1) + (s2 + s3);
  double sum = s[0] + s[1];
  for (; i < n; i++) {
    const double last = (double)v[i] - wide[i];
    sum += last * last;
  }
  return sum;
}

}  // namespace fl
#endif
