// Dense layers: rows x in  times  in x out. Blocks of rows and of output vectors are kept in registers; each number is
// summed in the order of its inputs whatever the block, so that the blocks do not change a bit.
#ifndef FL_DENSE_H
#define FL_DENSE_H
#include "model.h"

namespace fl {

/** y = bias + x w for ROWS rows and VECTORS vectors of outputs. */
template <int ROWS, int VECTORS>
FL_INLINE void dense_forward_block(const real* x, uint32_t x_stride, const real* w, uint32_t w_stride, const real* bias,
                                   uint32_t in, real* y) {
  vec sum[ROWS][VECTORS];
  for (int v = 0; v < VECTORS; v++) {
    const vec b = bias ? load(bias + v * LANES) : splat(0);
    for (int r = 0; r < ROWS; r++) sum[r][v] = b;
  }
  for (uint32_t i = 0; i < in; i++, w += w_stride) {
    vec row[VECTORS];
    for (int v = 0; v < VECTORS; v++) row[v] = load(w + v * LANES);
    for (int r = 0; r < ROWS; r++) {
      const vec xi = splat(x[r * x_stride + i]);
      for (int v = 0; v < VECTORS; v++) sum[r][v] += xi * row[v];
    }
  }
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < VECTORS; v++) store(y + r * w_stride + v * LANES, sum[r][v]);
  }
}

template <int ROWS>
static inline void dense_forward_rows(const Layer& l, const real* w, const real* bias, const real* x, real* y) {
  const uint32_t out = l.out.stride, in = l.in.channels;
  uint32_t o = 0;
  for (; o + 2 * LANES <= out; o += 2 * LANES) {
    dense_forward_block<ROWS, 2>(x, l.in.stride, w + o, out, bias ? bias + o : 0, in, y + o);
  }
  if (o < out) dense_forward_block<ROWS, 1>(x, l.in.stride, w + o, out, bias ? bias + o : 0, in, y + o);
}

static inline void dense_forward(const Layer& l, const real* w, const real* bias, const real* x, real* y, uint32_t rows) {
  uint32_t r = 0;
  for (; r + BLOCK <= rows; r += BLOCK) dense_forward_rows<BLOCK>(l, w, bias, x + r * l.in.stride, y + r * l.out.stride);
  for (; r < rows; r++) dense_forward_rows<1>(l, w, bias, x + r * l.in.stride, y + r * l.out.stride);
}

/** gradient = x^T delta for INPUTS inputs and VECTORS vectors of outputs; with ADD the sum goes on from what is there. */
template <bool ADD, int INPUTS, int VECTORS>
FL_INLINE void dense_weights_block(const real* x, uint32_t x_stride, const real* delta, uint32_t stride, uint32_t rows,
                                   real* gradient) {
  vec sum[INPUTS][VECTORS];
  for (int i = 0; i < INPUTS; i++) {
    for (int v = 0; v < VECTORS; v++) sum[i][v] = ADD ? load(gradient + i * stride + v * LANES) : splat(0);
  }
  for (uint32_t r = 0; r < rows; r++, x += x_stride, delta += stride) {
    vec d[VECTORS];
    for (int v = 0; v < VECTORS; v++) d[v] = load(delta + v * LANES);
    for (int i = 0; i < INPUTS; i++) {
      const vec xi = splat(x[i]);
      for (int v = 0; v < VECTORS; v++) sum[i][v] += xi * d[v];
    }
  }
  for (int i = 0; i < INPUTS; i++) {
    for (int v = 0; v < VECTORS; v++) store(gradient + i * stride + v * LANES, sum[i][v]);
  }
}

template <bool ADD, int INPUTS>
static inline void dense_weights_inputs(const Layer& l, const real* x, const real* delta, uint32_t rows, real* gradient) {
  const uint32_t out = l.out.stride;
  uint32_t o = 0;
  for (; o + 2 * LANES <= out; o += 2 * LANES) {
    dense_weights_block<ADD, INPUTS, 2>(x, l.in.stride, delta + o, out, rows, gradient + o);
  }
  if (o < out) dense_weights_block<ADD, INPUTS, 1>(x, l.in.stride, delta + o, out, rows, gradient + o);
}

template <bool ADD>
static inline void dense_weights(const Layer& l, const real* x, const real* delta, uint32_t rows, real* gradient) {
  const uint32_t out = l.out.stride;
  uint32_t i = 0;
  for (; i + BLOCK <= l.in.channels; i += BLOCK) dense_weights_inputs<ADD, BLOCK>(l, x + i, delta, rows, gradient + i * out);
  for (; i < l.in.channels; i++) dense_weights_inputs<ADD, 1>(l, x + i, delta, rows, gradient + i * out);
}

/** The sum of delta over `rows` rows: the gradient of a bias. */
static inline void bias_gradient(const Layer& l, const real* delta, uint32_t rows, real* gradient, bool add) {
  for (uint32_t o = 0; o < l.out.stride; o += LANES) {
    vec sum = add ? load(gradient + o) : splat(0);
    for (uint32_t r = 0; r < rows; r++) sum += load(delta + r * l.out.stride + o);
    store(gradient + o, sum);
  }
}

/** back[r][i] = delta[r] . w[i], for LANES inputs at a time; the padding becomes 0. */
static inline void dense_inputs(const Layer& l, const real* w, const real* delta, uint32_t rows, real* back) {
  const uint32_t out = l.out.stride, in = l.in.channels;
  for (uint32_t r = 0; r < rows; r++, delta += out, back += l.in.stride) {
    for (uint32_t i = 0; i < in; i += LANES) {
      vec sum[LANES];
      const real* row[LANES];
      for (int k = 0; k < LANES; k++) {
        sum[k] = splat(0);
        row[k] = w + (i + k < in ? i + k : i) * out;
      }
      for (uint32_t o = 0; o < out; o += LANES) {
        const vec d = load(delta + o);
        for (int k = 0; k < LANES; k++) sum[k] += d * load(row[k] + o);
      }
      vec result = splat(0);
      for (int k = 0; k < LANES; k++) result[k] = i + k < in ? total(sum[k]) : (real)0;
      store(back + i, result);
    }
  }
}

}  // namespace fl
#endif
