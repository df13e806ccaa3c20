// Median, trimmed mean and the mean of the values nearest to the median, of each column of many rows. Sums are exact (fold.h),
// so that no order of the rows matters. The caller has checked that all numbers are finite, and that those which are summed
// are at most 2^40.
#ifndef FL_KERNELS_BY_COORDINATE_H
#define FL_KERNELS_BY_COORDINATE_H
#include "fold.h"
#include "select.h"

namespace fl {

/** Terms after which the bins of a fold must be settled. */
enum { FOLD_TERMS = 2048 };

/** Some columns of all rows, as keys. 16-byte aligned; `keys` and `spare` have n * SELECT_COLUMNS numbers each. */
struct Tile {
  uint32_t n;
  int32_t* keys;
  int32_t* spare;
};

/** `count` columns (at most SELECT_COLUMNS), the missing ones as zeros. */
static inline void fill_tile(const Tile& tile, const float* rows, uint32_t stride, uint32_t count) {
  for (uint32_t i = 0; i < tile.n; i++) {
    const float* row = rows + (size_t)i * stride;
    int32_t* keys = tile.keys + (size_t)i * SELECT_COLUMNS;
    for (uint32_t c = 0; c < count; c++) keys[c] = key_of(row[c]);
    for (uint32_t c = count; c < SELECT_COLUMNS; c++) keys[c] = 0;
  }
}

/** Both middle keys of each column: one and the same for an odd n. */
static inline void middle_keys(const Tile& tile, int32_t* lower, int32_t* upper) {
  const uint32_t k = (tile.n - 1) / 2;
  select_keys(tile.keys, tile.n, k, lower);
  if (tile.n % 2 == 0) {
    next_keys(tile.keys, tile.n, k, lower, upper);
    return;
  }
  for (int c = 0; c < SELECT_COLUMNS; c++) upper[c] = lower[c];
}

static inline double middle(int32_t lower, int32_t upper) {
  return ((double)value_of(lower) + (double)value_of(upper)) / 2;
}

/** `rows`: n rows of `stride` numbers, of which the first `count` (at most SELECT_COLUMNS) are looked at. */
static inline void median_tile(const Tile& tile, const float* rows, uint32_t stride, uint32_t count, float* out) {
  int32_t lower[SELECT_COLUMNS] __attribute__((aligned(16))), upper[SELECT_COLUMNS] __attribute__((aligned(16)));
  fill_tile(tile, rows, stride, count);
  middle_keys(tile, lower, upper);
  for (uint32_t c = 0; c < count; c++) out[c] = (float)middle(lower[c], upper[c]);
}

/** Exact sums of the columns of a tile. */
struct Sums {
  uint64_t bins[2 * SELECT_COLUMNS];
  uint32_t terms;
};

static inline void clear_sums(Sums* s) {
  for (int i = 0; i < 2 * SELECT_COLUMNS; i++) s->bins[i] = 0;
  s->terms = 0;
}
static inline void add_row(Sums* s, const float* values) {
  fold_add(s->bins, values, SELECT_COLUMNS, 1);
  if (++s->terms < FOLD_TERMS) return;
  fold_settle(s->bins, SELECT_COLUMNS, s->terms);
  s->terms = 0;
}
/** Before the sums are read. */
static inline void settle_sums(Sums* s) {
  fold_settle(s->bins, SELECT_COLUMNS, s->terms);
  s->terms = 0;
}
static inline double sum_of(const Sums& s, uint32_t c) {
  const uint64_t* high = s.bins + (c / 2) * 4 + (c & 1);
  return (double)(int64_t)high[0] * 0x1p-10 + (double)(int64_t)high[2] * 0x1p-61;
}

/** The mean without the `cut` least and the `cut` greatest numbers of each column. 2 cut < n. 0, or 1: too large to sum. */
static inline int trimmed_tile(const Tile& tile, const float* rows, uint32_t stride, uint32_t count, uint32_t cut,
                               float* out) {
  int32_t low[SELECT_COLUMNS] __attribute__((aligned(16))), high[SELECT_COLUMNS] __attribute__((aligned(16)));
  fill_tile(tile, rows, stride, count);
  select_keys(tile.keys, tile.n, cut, low);
  select_keys(tile.keys, tile.n, tile.n - 1 - cut, high);
  for (uint32_t c = 0; c < count; c++) {
    if (value_of(low[c]) < -0x1p40f || value_of(high[c]) > 0x1p40f) return 1;
  }
  // What lies between both is summed; of the edges as many as there is room for.
  Sums sums;
  clear_sums(&sums);
  const quad_keys low0 = ((const quad_keys*)low)[0], low1 = ((const quad_keys*)low)[1];
  const quad_keys high0 = ((const quad_keys*)high)[0], high1 = ((const quad_keys*)high)[1];
  quad_keys below0 = {0, 0, 0, 0}, below1 = below0, inside0 = below0, inside1 = below0;
  for (uint32_t i = 0; i < tile.n; i++) {
    quad_keys k0 = ((const quad_keys*)tile.keys)[2 * i], k1 = ((const quad_keys*)tile.keys)[2 * i + 1];
    below0 -= (quad_keys)(k0 <= low0);
    below1 -= (quad_keys)(k1 <= low1);
    const quad_keys in0 = (quad_keys)(k0 > low0) & (quad_keys)(k0 < high0);
    const quad_keys in1 = (quad_keys)(k1 > low1) & (quad_keys)(k1 < high1);
    inside0 -= in0;
    inside1 -= in1;
    k0 ^= (k0 >> 31) & 0x7fffffff;
    k1 ^= (k1 >> 31) & 0x7fffffff;
    quad_keys row[2] = {k0 & in0, k1 & in1};
    add_row(&sums, (const float*)row);
  }
  settle_sums(&sums);
  const int32_t kept = (int32_t)(tile.n - 2 * cut);
  for (uint32_t c = 0; c < count; c++) {
    const int32_t up_to_low = c < 4 ? below0[c] : below1[c - 4], inside = c < 4 ? inside0[c] : inside1[c - 4];
    if (low[c] == high[c]) {
      out[c] = value_of(low[c]);
      continue;
    }
    const int32_t lows = up_to_low - (int32_t)cut, highs = kept - inside - lows;
    const double edges = (double)lows * (double)value_of(low[c]) + (double)highs * (double)value_of(high[c]);
    const float mean = (float)((sum_of(sums, c) + edges) / kept);
    // Of tiny numbers the sum drops what lies below 2^-62: a mean must not leave the range of its numbers by that.
    out[c] = mean < value_of(low[c]) ? value_of(low[c]) : mean > value_of(high[c]) ? value_of(high[c]) : mean;
  }
  return 0;
}

static inline double magnitude(double x) { return x < 0 ? -x : x; }

/**
 * Of the numbers of a column whose distance from m rounds to `edge`: the sum of the `wanted` nearest. Of what is equally far,
 * also by the 24 further bits that are looked at here, each counts by the same share.
 */
static inline double edge_sum(const float* rows, uint32_t stride, uint32_t n, double m, float edge, uint32_t wanted,
                              int32_t* rests) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < n; i++) {
    const double distance = magnitude((double)rows[(size_t)i * stride] - m);
    if ((float)distance == edge) rests[at++] = key_of((float)(distance - (double)edge));
  }
  uint32_t found = 0x80000000u;
  for (int bit = 31; bit >= 0; bit--) {
    const uint32_t limit = found + (1u << bit);
    uint32_t below = 0;
    for (uint32_t i = 0; i < at; i++) below += rests[i] < (int32_t)limit;
    if (below < wanted) found = limit;
  }
  // Two sums in one: column 0 of what is nearer, column 1 of what is equally far.
  Sums sums;
  clear_sums(&sums);
  uint32_t nearer = 0, equal = 0;
  for (uint32_t i = 0; i < n; i++) {
    const float value = rows[(size_t)i * stride];
    const double distance = magnitude((double)value - m);
    if ((float)distance != edge) continue;
    const int32_t rest = key_of((float)(distance - (double)edge));
    const float both[SELECT_COLUMNS] __attribute__((aligned(16))) = {rest < (int32_t)found ? value : 0,
                                                                     rest == (int32_t)found ? value : 0};
    nearer += rest < (int32_t)found;
    equal += rest == (int32_t)found;
    add_row(&sums, both);
  }
  settle_sums(&sums);
  return sum_of(sums, 0) + sum_of(sums, 1) * ((double)(wanted - nearer) / (double)equal);
}

/** The mean of the `near` numbers of each column that are nearest to its median. 1 <= near <= n. 0, or 1: too large to sum. */
static inline int near_tile(const Tile& tile, const float* rows, uint32_t stride, uint32_t count, uint32_t near, float* out) {
  int32_t lower[SELECT_COLUMNS] __attribute__((aligned(16))), upper[SELECT_COLUMNS] __attribute__((aligned(16)));
  int32_t edges[SELECT_COLUMNS] __attribute__((aligned(16)));
  double middles[SELECT_COLUMNS];
  fill_tile(tile, rows, stride, count);
  middle_keys(tile, lower, upper);
  for (int c = 0; c < SELECT_COLUMNS; c++) middles[c] = middle(lower[c], upper[c]);
  // Distances in the place of the numbers: not negative, so that their bits are their keys.
  for (uint32_t i = 0; i < tile.n; i++) {
    int32_t* keys = tile.keys + (size_t)i * SELECT_COLUMNS;
    for (int c = 0; c < SELECT_COLUMNS; c++) keys[c] = key_of((float)magnitude((double)value_of(keys[c]) - middles[c]));
  }
  select_keys(tile.keys, tile.n, near - 1, edges);
  for (uint32_t c = 0; c < count; c++) {
    if (magnitude(middles[c]) + (double)value_of(edges[c]) > 0x1p40) return 1;
  }
  Sums sums;
  clear_sums(&sums);
  uint32_t nearer[SELECT_COLUMNS] = {0, 0, 0, 0, 0, 0, 0, 0}, up_to[SELECT_COLUMNS] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (uint32_t i = 0; i < tile.n; i++) {
    const int32_t* keys = tile.keys + (size_t)i * SELECT_COLUMNS;
    for (int c = 0; c < SELECT_COLUMNS; c++) {
      nearer[c] += keys[c] < edges[c];
      up_to[c] += keys[c] <= edges[c];
    }
  }
  // Where there is room for all that lie on the edge, up to it; else without it.
  for (uint32_t i = 0; i < tile.n; i++) {
    const int32_t* keys = tile.keys + (size_t)i * SELECT_COLUMNS;
    const float* row = rows + (size_t)i * stride;
    float values[SELECT_COLUMNS] __attribute__((aligned(16))) = {0, 0, 0, 0, 0, 0, 0, 0};
    for (uint32_t c = 0; c < count; c++) {
      if (keys[c] < edges[c] + (up_to[c] == near)) values[c] = row[c];
    }
    add_row(&sums, values);
  }
  settle_sums(&sums);
  for (uint32_t c = 0; c < count; c++) {
    double sum = sum_of(sums, c);
    if (up_to[c] != near)
      sum += edge_sum(rows + c, stride, tile.n, middles[c], value_of(edges[c]), near - nearer[c], tile.spare);
    out[c] = (float)(sum / near);
  }
  return 0;
}

}  // namespace fl
#endif
