// Between the flat parameter vector that everybody shares (Keras order, no gaps) and the padded rows in here; in pieces,
// so that a board can take a model block by block.
#ifndef FL_WEIGHTS_H
#define FL_WEIGHTS_H
#include "model.h"

namespace fl {

/**
 * Calls move(place in the padded vector, first flat number, count) for what overlaps [from, from + n): row by row, or for a
 * whole layer at once where its rows have no padding.
 */
template <typename Move>
static inline void each_row(const Model& m, uint32_t from, uint32_t n, Move move) {
  uint32_t flat = 0;
  for (uint32_t i = 0; i < m.layer_count; i++) {
    const Layer& l = m.layers[i];
    uint32_t rows = l.kernel_rows + (l.has_bias ? 1 : 0);
    uint32_t width = l.out.channels, stride = l.out.stride;
    if (rows == 0) continue;
    if (width == stride) {
      width = stride = rows * width;
      rows = 1;
    }
    const uint32_t end = flat + rows * width;
    if (end > from && flat < from + n) {
      uint32_t row = from > flat ? (from - flat) / width : 0;
      for (; row < rows; row++) {
        const uint32_t start = flat + row * width;
        if (start >= from + n) break;
        const uint32_t low = start < from ? from - start : 0;
        const uint32_t high = start + width > from + n ? from + n - start : width;
        move(l.kernel + row * stride + low, start + low - from, high - low);
      }
    }
    flat = end;
  }
}

struct PutRow {
  real* to;
  const float* from;
  void operator()(uint32_t at, uint32_t flat, uint32_t n) const {
    for (uint32_t k = 0; k < n; k++) to[at + k] = (real)from[flat + k];
  }
};
struct GetRow {
  float* to;
  const real* from;
  void operator()(uint32_t at, uint32_t flat, uint32_t n) const {
    for (uint32_t k = 0; k < n; k++) to[flat + k] = (float)from[at + k];
  }
};

/** Flat numbers from .. from + n of the vector, from + n <= parameters. */
static inline void put_weights(const Model& m, const float* flat, uint32_t from, uint32_t n) {
  const PutRow put = {m.memory + m.weights, flat};
  each_row(m, from, n, put);
}
/** The whole vector, and zeros where rows are padded: a training that diverged may have left there what is no number. */
static inline void put_all_weights(const Model& m, const float* flat) {
  real* to = m.memory + m.weights;
  for (uint32_t i = 0; i < m.padded_parameters; i++) to[i] = 0;
  put_weights(m, flat, 0, m.parameters);
}
/** `source`: m.weights or m.gradient. */
static inline void get_numbers(const Model& m, uint32_t source, float* flat, uint32_t from, uint32_t n) {
  const GetRow get = {flat, m.memory + source};
  each_row(m, from, n, get);
}

}  // namespace fl
#endif
