// The rows on the board: row r lies at place r mod capacity, and takes the place of the oldest when all are taken.
#ifndef FL_BOARD_ROWS_H
#define FL_BOARD_ROWS_H
#include "../samples.h"
#include "bytes.h"

namespace fl {
namespace board {

/** So that the count of rows does not wrap while a buffer is given back. */
enum { MOST_FIRST = 0x7fffffff };

struct Rows {
  float* features;
  float* targets;
  uint32_t* order;
  uint32_t capacity, width, target_width;
  /** Rows taken since the last CLEAR, counting from `first`. */
  uint32_t first, taken;
};

static inline uint32_t rows_held(const Rows& r) {
  const uint32_t since = r.taken - r.first;
  return since < r.capacity ? since : r.capacity;
}
/** Whether the rows held lie at the places 0 to held: not so while a full buffer is given back from its middle on. */
static inline bool rows_in_order(const Rows& r) { return r.first == 0 || rows_held(r) == r.capacity; }

static inline uint32_t next_place(const Rows& r) { return r.taken % r.capacity; }

/** Takes a row of `width` features and its targets. */
static inline void take_row(Rows* r, const float* features, const float* targets) {
  const uint32_t place = next_place(*r);
  for (uint32_t i = 0; i < r->width; i++) r->features[place * r->width + i] = features[i];
  for (uint32_t i = 0; i < r->target_width; i++) r->targets[place * r->target_width + i] = targets[i];
  r->taken++;
  // The count must not wrap within one buffer: go back to a number of the same place.
  if (r->taken >= 0x80000000u && r->first == 0) r->taken = r->capacity + r->taken % r->capacity;
}

/** [count, F sums, F sums of squares]: number `index` of them, by Neumaier's sum as lib/data/normalisation.ts has it. */
static inline double statistic(const Rows& r, uint32_t index) {
  const uint32_t held = rows_held(r);
  if (index == 0) return (double)held;
  const bool squares = index > r.width;
  const float* at = r.features + (index - 1) % r.width;
  double sum = 0, rest = 0;
  for (uint32_t k = 0; k < held; k++, at += r.width) {
    const double value = squares ? (double)*at * (double)*at : (double)*at;
    const double next = sum + value;
    const double size = sum < 0 ? -sum : sum, other = value < 0 ? -value : value;
    rest += size >= other ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }
  return sum + rest;
}

}  // namespace board
}  // namespace fl
#endif
