// The k-th least of many float32 numbers, for eight columns at once. No number is moved: the answer is built bit by bit, each
// bit by counting how many numbers lie below the candidate. At most 33 passes whatever the numbers are, so that nobody can prepare
// some on which it is slower, and no order of them matters.
//
// Float bits order as signed integers do once the lower 31 bits of negative numbers are turned round (-0 lies below +0). The
// k-th least number (k from 0) is the greatest v of which at most k numbers lie below.
#ifndef FL_KERNELS_SELECT_H
#define FL_KERNELS_SELECT_H
#include <stddef.h>
#include <stdint.h>

namespace fl {

typedef int32_t quad_keys __attribute__((vector_size(16), may_alias));
typedef uint32_t quad_words __attribute__((vector_size(16), may_alias));

/** Columns of a tile: two registers of keys, whose counts stay in registers too. */
enum { SELECT_COLUMNS = 8 };

static inline int32_t key_of(float value) {
  union {
    float value;
    int32_t bits;
  } u;
  u.value = value;
  return u.bits ^ ((u.bits >> 31) & 0x7fffffff);
}

static inline float value_of(int32_t key) {
  union {
    float value;
    int32_t bits;
  } u;
  u.bits = key ^ ((key >> 31) & 0x7fffffff);
  return u.value;
}

/** The least key of each column that is not below `from`. */
static inline void least_from(const quad_keys* rows, uint32_t n, quad_keys from0, quad_keys from1, int32_t* out) {
  quad_keys least0 = {0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff}, least1 = least0;
  for (uint32_t i = 0; i < n; i++) {
    const quad_keys a = rows[2 * i], b = rows[2 * i + 1];
    const quad_keys take0 = (quad_keys)(a >= from0) & (quad_keys)(a < least0);
    const quad_keys take1 = (quad_keys)(b >= from1) & (quad_keys)(b < least1);
    least0 = (a & take0) | (least0 & ~take0);
    least1 = (b & take1) | (least1 & ~take1);
  }
  ((quad_keys*)out)[0] = least0;
  ((quad_keys*)out)[1] = least1;
}

/**
 * `keys`: n rows of SELECT_COLUMNS. `out`: the k-th least of each column. n below 2^31. Ends early when one key is left in
 * each column between what has been found and the next candidate.
 */
static inline void select_keys(const int32_t* keys, uint32_t n, uint32_t k, int32_t* out) {
  const quad_keys* rows = (const quad_keys*)keys;
  const int32_t rank = (int32_t)k;
  // As words, so that adding the topmost bit wraps round: from the least key to 0.
  quad_words found0 = {0x80000000u, 0x80000000u, 0x80000000u, 0x80000000u}, found1 = found0;
  // How many keys lie below what has been found, and below the end of what is still possible.
  quad_words low0 = {0, 0, 0, 0}, low1 = low0;
  quad_words high0 = {n, n, n, n}, high1 = high0;
  for (int bit = 31; bit >= 0; bit--) {
    const quad_words try0 = found0 + (1u << bit), try1 = found1 + (1u << bit);
    const quad_keys limit0 = (quad_keys)try0, limit1 = (quad_keys)try1;
    quad_keys below0 = {0, 0, 0, 0}, below1 = below0;
    for (uint32_t i = 0; i < n; i++) {
      // A comparison that holds is -1.
      below0 -= (quad_keys)(rows[2 * i] < limit0);
      below1 -= (quad_keys)(rows[2 * i + 1] < limit1);
    }
    const quad_words take0 = (quad_words)(below0 <= rank), take1 = (quad_words)(below1 <= rank);
    found0 = (try0 & take0) | (found0 & ~take0);
    found1 = (try1 & take1) | (found1 & ~take1);
    low0 = ((quad_words)below0 & take0) | (low0 & ~take0);
    low1 = ((quad_words)below1 & take1) | (low1 & ~take1);
    high0 = (high0 & take0) | ((quad_words)below0 & ~take0);
    high1 = (high1 & take1) | ((quad_words)below1 & ~take1);
    const quad_words left0 = high0 - low0, left1 = high1 - low1;
    const quad_words most = left0 | left1;
    if ((most[0] | most[1] | most[2] | most[3]) == 1) {
      least_from(rows, n, (quad_keys)found0, (quad_keys)found1, out);
      return;
    }
  }
  ((quad_words*)out)[0] = found0;
  ((quad_words*)out)[1] = found1;
}

/** The least key above `key`, or `key` itself where more than k + 1 keys are up to it: the one of rank k + 1 in each column. */
static inline void next_keys(const int32_t* keys, uint32_t n, uint32_t k, const int32_t* key, int32_t* out) {
  const quad_keys* rows = (const quad_keys*)keys;
  const int32_t rank = (int32_t)k + 1;
  for (int half = 0; half < 2; half++) {
    const quad_keys limit = ((const quad_keys*)key)[half];
    quad_keys up_to = {0, 0, 0, 0};
    quad_keys least = {0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff};
    for (uint32_t i = 0; i < n; i++) {
      const quad_keys row = rows[2 * i + half];
      const quad_keys above = (quad_keys)(row > limit);
      up_to += above + 1;
      const quad_keys less = above & (quad_keys)(row < least);
      least = (row & less) | (least & ~less);
    }
    const quad_keys stays = (quad_keys)(up_to > rank);
    ((quad_keys*)out)[half] = (limit & stays) | (least & ~stays);
  }
}

}  // namespace fl
#endif
