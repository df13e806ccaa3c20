// A randomised Hadamard transform, and numbers to the nearest of a few levels behind it: DRIVE (arXiv 2105.08339) and EDEN
// (arXiv 2108.08842). Blocks of 8 to 4096 numbers, a power of two.
#ifndef FL_KERNELS_ROTATE_H
#define FL_KERNELS_ROTATE_H
#include "quantize.h"
#include "vector.h"

namespace fl {

enum { ROTATED = 4096, MOST_LEVELS = 16 };

/** Flips the sign of number 32w + j where bit j of the w-th draw is 1. */
static inline void flip_signs(float* v, uint32_t n, uint32_t seed) {
  Random random = seeded(seed);
  const words lane = {0, 1, 2, 3};
  uint32_t bits = 0;
  for (uint32_t i = 0; i < n; i += 4) {
    if (i % 32 == 0) bits = next(&random);
    const words same = {bits, bits, bits, bits};
    *(words*)(v + i) ^= (same >> lane) << 31u;
    bits >>= 4;
  }
}

/** In place, not scaled: twice is n times the identity. Butterflies of strides 1, 2, 4, ... in this order. */
static inline void hadamard(float* v, uint32_t n) {
  for (uint32_t i = 0; i < n; i += 4) {
    const float a = v[i] + v[i + 1], b = v[i] - v[i + 1], c = v[i + 2] + v[i + 3], d = v[i + 2] - v[i + 3];
    v[i] = a + c;
    v[i + 1] = b + d;
    v[i + 2] = a - c;
    v[i + 3] = b - d;
  }
  // Two strides in one walk while there are two: the same additions.
  uint32_t stride = 4;
  for (; 4 * stride <= n; stride *= 4) {
    for (uint32_t from = 0; from < n; from += 4 * stride) {
      for (uint32_t i = from; i < from + stride; i += 4) {
        floats* p = (floats*)(v + i);
        floats* q = (floats*)(v + i + stride);
        floats* r = (floats*)(v + i + 2 * stride);
        floats* s = (floats*)(v + i + 3 * stride);
        const floats a = *p + *q, b = *p - *q, c = *r + *s, d = *r - *s;
        *p = a + c;
        *q = b + d;
        *r = a - c;
        *s = b - d;
      }
    }
  }
  if (stride < n) {
    for (uint32_t i = 0; i < stride; i += 4) {
      floats* p = (floats*)(v + i);
      floats* q = (floats*)(v + i + stride);
      const floats a = *p, b = *q;
      *p = a + b;
      *q = a - b;
    }
  }
}

/** What the scale of a block is made of, all in units of `unit`. */
struct Rotated {
  /** A power of two not above the greatest magnitude, which is not above twice of it; 0: all numbers are 0. */
  double unit;
  double squared_norm;
  /** Sum of number times level, of the rotated ones; and of the squares of the levels. */
  double product;
  double levels;
};

/**
 * `count` numbers, the rest of the `size` of the block zeros, to codes of `bits` bits: each rotated number, with the norm that a
 * normal one would have, goes to the nearest of the 2^bits ascending levels. All numbers must be finite.
 */
static inline Rotated rotated_codes(const float* v, uint32_t count, uint32_t size, int rotate, uint32_t seed, uint32_t bits,
                                    const float* levels, float* work, uint8_t* out) {
  Rotated made = {0, 0, 0, 0};
  for (uint32_t i = 0; i < (size * bits + 7) / 8; i++) out[i] = 0;
  const uint32_t top = greatest_bits(v, count);
  if (top == 0) return made;
  // Of a number too small to be normal: 2^-149 at least.
  union {
    uint64_t bits;
    double value;
  } unit, inverse;
  const uint64_t exponent = (top >> 23) > 0 ? 1023 - 127 + (top >> 23) : 1023 - 149;
  unit.bits = exponent << 52;
  inverse.bits = (2046 - exponent) << 52;
  for (uint32_t i = 0; i < count; i++) work[i] = (float)((double)v[i] * inverse.value);
  for (uint32_t i = count; i < size; i++) work[i] = 0;
  made.unit = unit.value;
  made.squared_norm = squared_norm(work, count);
  const float factor = (float)(__builtin_sqrt(rotate ? 1.0 : (double)count) / __builtin_sqrt(made.squared_norm));
  if (rotate) {
    flip_signs(work, size, seed);
    hadamard(work, size);
  }
  const uint32_t kinds = 1u << bits;
  const floats none = {0, 0, 0, 0};
  floats middle[MOST_LEVELS];
  for (uint32_t k = 1; k < kinds; k++) middle[k] = none + (levels[k - 1] + levels[k]) * 0.5f;
  uint32_t codes[CODES];
  for (uint32_t from = 0; from < size; from += CODES) {
    const uint32_t some = size - from < CODES ? size - from : (uint32_t)CODES;
    const uint32_t meant = rotate ? some : from >= count ? 0 : count - from < some ? count - from : some;
    for (uint32_t i = 0; i < some; i += 4) {
      const floats x = *(const floats*)(work + from + i) * factor;
      words code = {0, 0, 0, 0};
      for (uint32_t k = 1; k < kinds; k++) code -= (words)(x > middle[k]);
      *(words*)(codes + i) = code;
    }
    for (uint32_t i = 0; i < meant; i++) {
      const double level = (double)levels[codes[i]];
      made.product += (double)work[from + i] * level;
      made.levels += level * level;
    }
    // What is beyond the numbers is told as 0.
    for (uint32_t i = meant; i < some; i++) codes[i] = 0;
    out = pack(codes, some, bits, out);
  }
  return made;
}

/** The way back: `size` numbers of `scale` times what the codes stand for, rotated back. */
static inline void rotated_back(const uint8_t* in, uint32_t size, int rotate, uint32_t seed, uint32_t bits,
                                const float* levels, float scale, float* out) {
  uint32_t codes[CODES];
  for (uint32_t from = 0; from < size; from += CODES) {
    const uint32_t some = size - from < CODES ? size - from : (uint32_t)CODES;
    in = unpack(in, some, bits, codes);
    for (uint32_t i = 0; i < some; i++) out[from + i] = levels[codes[i]];
  }
  if (rotate) {
    hadamard(out, size);
    flip_signs(out, size, seed);
  }
  for (uint32_t i = 0; i < size; i++) out[i] *= scale;
}

}  // namespace fl
#endif
