// Exact squared Euclidean distances of many vectors, by float64 differences, in blocks that stay in the cache.
#ifndef FL_KERNELS_DISTANCE_H
#define FL_KERNELS_DISTANCE_H
#include "vector.h"

namespace fl {

enum { DISTANCE_TILE = 32, DISTANCE_COLUMNS = 128 };

/** Adds sum over k of (a_i[k] - b_j[k])^2 to four by two sums. n even. */
static inline void distance_4x2(const double* const* a, const double* const* b, uint32_t n, double* out, uint32_t width) {
  pair s00 = {0, 0}, s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  const double *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3], *b0 = b[0], *b1 = b[1];
  for (uint32_t k = 0; k < n; k += 2) {
    const pair y0 = *(const pair*)(b0 + k), y1 = *(const pair*)(b1 + k);
    pair x = *(const pair*)(a0 + k), d;
    d = x - y0; s00 += d * d;
    d = x - y1; s01 += d * d;
    x = *(const pair*)(a1 + k);
    d = x - y0; s10 += d * d;
    d = x - y1; s11 += d * d;
    x = *(const pair*)(a2 + k);
    d = x - y0; s20 += d * d;
    d = x - y1; s21 += d * d;
    x = *(const pair*)(a3 + k);
    d = x - y0; s30 += d * d;
    d = x - y1; s31 += d * d;
  }
  out[0] += s00[0] + s00[1];
  out[1] += s01[0] + s01[1];
  out[width] += s10[0] + s10[1];
  out[width + 1] += s11[0] + s11[1];
  out[2 * width] += s20[0] + s20[1];
  out[2 * width + 1] += s21[0] + s21[1];
  out[3 * width] += s30[0] + s30[1];
  out[3 * width + 1] += s31[0] + s31[1];
}

/**
 * rows: `count` rows of `n` doubles (n even), count a multiple of 4; sums: count x count, of which the blocks on and above
 * the diagonal are added to.
 */
static inline void distances_add(const double* rows, uint32_t count, uint32_t n, double* sums) {
  for (uint32_t ti = 0; ti < count; ti += DISTANCE_TILE) {
    for (uint32_t tj = ti; tj < count; tj += DISTANCE_TILE) {
      const uint32_t i_end = ti + DISTANCE_TILE < count ? ti + DISTANCE_TILE : count;
      const uint32_t j_end = tj + DISTANCE_TILE < count ? tj + DISTANCE_TILE : count;
      for (uint32_t i = ti; i < i_end; i += 4) {
        const double* a[4] = {rows + i * n, rows + (i + 1) * n, rows + (i + 2) * n, rows + (i + 3) * n};
        for (uint32_t j = tj > i ? tj : i; j < j_end; j += 2) {
          const double* b[2] = {rows + j * n, rows + (j + 1) * n};
          distance_4x2(a, b, n, sums + (size_t)i * count + j, count);
        }
      }
    }
  }
}

/**
 * Row `row` of `count`, as doubles, to `blocks`: cut into pieces of DISTANCE_COLUMNS, each of which is a row of its block. The
 * blocks lie one behind the other; the last one is as wide as what is left, and even.
 */
static inline void distances_put(const float* v, uint32_t n, uint32_t row, uint32_t count, double* blocks) {
  for (uint32_t from = 0; from < n; from += DISTANCE_COLUMNS) {
    const uint32_t used = n - from < DISTANCE_COLUMNS ? n - from : (uint32_t)DISTANCE_COLUMNS;
    const uint32_t width = used + (used & 1);
    double* to = blocks + (size_t)from * count + (size_t)row * width;
    uint32_t k = 0;
    for (; k + 2 <= used; k += 2) *(pair*)(to + k) = widen(v + from + k);
    if (k < used) {
      to[k] = v[from + k];
      to[k + 1] = 0;
    }
  }
}

/** Adds what all blocks of rows of `n` numbers have to the distances. */
static inline void distances_of(const double* blocks, uint32_t count, uint32_t n, double* sums) {
  for (uint32_t from = 0; from < n; from += DISTANCE_COLUMNS) {
    const uint32_t used = n - from < DISTANCE_COLUMNS ? n - from : (uint32_t)DISTANCE_COLUMNS;
    distances_add(blocks + (size_t)from * count, count, used + (used & 1), sums);
  }
}

/** The upper half to the lower, and 0 on the diagonal. */
static inline void distances_mirror(double* sums, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    sums[(size_t)i * count + i] = 0;
    for (uint32_t j = i + 1; j < count; j++) sums[(size_t)j * count + i] = sums[(size_t)i * count + j];
  }
}

}  // namespace fl
#endif
