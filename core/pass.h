// Forward and backward through the layers of a model.
#ifndef FL_PASS_H
#define FL_PASS_H
#include "activation.h"
#include "conv.h"
#include "dense.h"
#include "depthwise.h"
#include "pool.h"

namespace fl {

/** From one pixel of channels after the other, padded, to one row. */
static inline void flatten(const Layer& l, const real* x, real* y, uint32_t rows) {
  for (uint32_t r = 0; r < rows; r++, y += l.out.stride) {
    uint32_t k = 0;
    for (uint32_t p = 0; p < pixels(l.in); p++, x += l.in.stride) {
      for (uint32_t c = 0; c < l.in.channels; c++) y[k++] = x[c];
    }
    for (; k < l.out.stride; k++) y[k] = 0;
  }
}
static inline void flatten_backward(const Layer& l, const real* delta, real* back, uint32_t rows) {
  for (uint32_t r = 0; r < rows; r++, delta += l.out.stride) {
    uint32_t k = 0;
    for (uint32_t p = 0; p < pixels(l.in); p++, back += l.in.stride) {
      for (uint32_t c = 0; c < l.in.channels; c++) back[c] = delta[k++];
      for (uint32_t c = l.in.channels; c < l.in.stride; c++) back[c] = 0;
    }
  }
}

/** The rows of the input are in place; gives the output's. The last activation is left to the loss when that takes logits. */
static inline const real* forward(const Model& m, uint32_t rows) {
  const real* x = m.memory + m.input_at;
  for (uint32_t i = 0; i < m.layer_count; i++) {
    const Layer& l = m.layers[i];
    real* y = m.memory + l.output;
    const real* w = m.memory + m.weights + l.kernel;
    const real* bias = l.has_bias ? m.memory + m.weights + l.bias : 0;
    if (l.type == DENSE) dense_forward(l, w, bias, x, y, rows * pixels(l.in));
    if (l.type == CONV) conv_forward(l, w, bias, x, y, rows);
    if (l.type == DEPTHWISE) depthwise_forward(l, w, bias, x, y, rows);
    if (l.type == MAX_POOL || l.type == AVERAGE_POOL) pool_forward(l, x, y, rows);
    if (l.type == FLATTEN) flatten(l, x, y, rows);
    if (i + 1 < m.layer_count || !on_logits(m)) activate(l.activation, y, rows * pixels(l.out), l.out);
    x = y;
  }
  return x;
}

template <bool ADD>
FL_INLINE void weights_gradient(const Layer& l, const real* x, const real* delta, uint32_t rows, real* gradient) {
  if (l.type == DENSE) dense_weights<ADD>(l, x, delta, rows * pixels(l.in), gradient);
  if (l.type == CONV) conv_weights<ADD>(l, x, delta, rows, gradient);
  if (l.type == DEPTHWISE) depthwise_weights<ADD>(l, x, delta, rows, gradient);
}

/** Not inlined: beside it V8 compiles the ordinary loops a quarter slower. */
static __attribute__((noinline)) void added_gradient(const Layer& l, const real* x, const real* delta, uint32_t rows,
                                                     real* gradient) {
  weights_gradient<true>(l, x, delta, rows, gradient);
}

/** What a pass is to leave of the parameters. ADDED: to the gradient that is there. */
enum Want { LOSS_ALONE = 0, GRADIENT = 1, ADDED_GRADIENT = 2 };

/**
 * The gradient by the output is in delta_a; fills the gradient of every parameter, or adds to it: each number goes on being
 * summed row after row, so that no bit depends on how many calls the rows came in. With `inputs` it goes on to the gradient
 * by the (normalised) input and gives that; else null.
 */
static inline real* backward(const Model& m, uint32_t rows, Want want, bool inputs) {
  real* delta = m.memory + m.delta_a;
  real* back = m.memory + m.delta_b;
  for (uint32_t i = m.layer_count; i-- > 0;) {
    const Layer& l = m.layers[i];
    const real* x = m.memory + (i > 0 ? m.layers[i - 1].output : m.input_at);
    const real* w = m.memory + m.weights + l.kernel;
    real* gradient = m.memory + m.gradient + l.kernel;
    if (i + 1 < m.layer_count || !on_logits(m)) {
      activation_backward(l.activation, m.memory + l.output, delta, rows * pixels(l.out), l.out);
    }
    if (want != LOSS_ALONE && l.has_bias) {
      bias_gradient(l, delta, rows * pixels(l.out), m.memory + m.gradient + l.bias, want == ADDED_GRADIENT);
    }
    if (want == ADDED_GRADIENT) {
      added_gradient(l, x, delta, rows, gradient);
    } else if (want == GRADIENT) {
      weights_gradient<false>(l, x, delta, rows, gradient);
    }
    if (i == 0 && !inputs) return 0;
    if (l.type == DENSE) dense_inputs(l, w, delta, rows * pixels(l.in), back);
    if (l.type == CONV) conv_inputs(l, w, delta, rows, back);
    if (l.type == DEPTHWISE) depthwise_inputs(l, w, delta, rows, back);
    if (l.type == MAX_POOL || l.type == AVERAGE_POOL) pool_backward(l, x, delta, rows, back);
    if (l.type == FLATTEN) flatten_backward(l, delta, back, rows);
    real* free = delta;
    delta = back;
    back = free;
  }
  return delta;
}

}  // namespace fl
#endif
