// From a program to shapes and a memory plan. Every product is checked before it is used: a hostile program is refused.
#ifndef FL_PLAN_H
#define FL_PLAN_H
#include "model.h"

namespace fl {

/** No size may pass this: 2^28 numbers are 1 GiB. */
static const uint64_t MAX_NUMBERS = (uint64_t)1 << 28;

FL_INLINE bool sized(int32_t n) { return n >= 1 && n <= (1 << 24); }

/** a * b when it is at most MAX_NUMBERS, else 0. */
FL_INLINE uint64_t product(uint64_t a, uint64_t b) { return a > 0 && b > 0 && a <= MAX_NUMBERS / b ? a * b : 0; }

static inline bool make_shape(Shape* s, uint64_t height, uint64_t width, uint64_t channels) {
  const uint64_t wide = (channels + LANES - 1) / LANES * LANES;
  if (product(product(height, width), wide) == 0) return false;
  s->height = (uint32_t)height;
  s->width = (uint32_t)width;
  s->channels = (uint32_t)channels;
  s->stride = (uint32_t)wide;
  return true;
}

/** Output length and leading padding of a window on an axis, as Keras has them; 0 when the window does not fit. */
static inline uint32_t window(uint32_t length, uint32_t kernel, uint32_t stride, bool same, uint32_t* pad) {
  *pad = 0;
  if (!same) return kernel > length ? 0 : (length - kernel) / stride + 1;
  const uint32_t out = (length + stride - 1) / stride;
  const uint64_t needed = (uint64_t)(out - 1) * stride + kernel;
  if (needed > length) *pad = (uint32_t)((needed - length) / 2);
  return out;
}

static inline int plan_layer(Layer* l, const int32_t* w, const Shape& in) {
  l->type = w[0];
  l->activation = w[1];
  l->in = in;
  l->kernel_h = l->kernel_w = l->stride_h = l->stride_w = l->multiplier = 1;
  l->pad_top = l->pad_left = 0;
  l->has_bias = w[9] != 0;
  l->kernel_rows = 0;
  if (l->type < DENSE || l->type > FLATTEN || l->activation < LINEAR || l->activation > SOFTMAX) return BAD_LAYER;
  if (w[9] < 0 || w[9] > 1 || w[10] != 0 || w[11] != 0) return MALFORMED;
  if (l->type >= MAX_POOL && (l->activation != LINEAR || l->has_bias)) return BAD_LAYER;
  if (l->type == FLATTEN) {
    return make_shape(&l->out, 1, 1, (uint64_t)pixels(in) * in.channels) ? 0 : TOO_LARGE;
  }
  uint64_t channels = in.channels;
  uint64_t rows = in.channels;
  if (l->type == DENSE || l->type == CONV) {
    if (!sized(w[2])) return BAD_LAYER;
    channels = (uint32_t)w[2];
  }
  if (l->type == DENSE) {
    if (!make_shape(&l->out, in.height, in.width, channels)) return TOO_LARGE;
  } else {
    for (int k = 3; k < 7; k++) {
      if (!sized(w[k])) return BAD_LAYER;
    }
    if (w[7] < 0 || w[7] > 1) return MALFORMED;
    l->kernel_h = (uint32_t)w[3];
    l->kernel_w = (uint32_t)w[4];
    l->stride_h = (uint32_t)w[5];
    l->stride_w = (uint32_t)w[6];
    if (l->type == DEPTHWISE) {
      if (!sized(w[8])) return BAD_LAYER;
      l->multiplier = (uint32_t)w[8];
      channels = product(in.channels, l->multiplier);
      rows = 1;
    }
    const bool same = w[7] != 0;
    const uint32_t height = window(in.height, l->kernel_h, l->stride_h, same, &l->pad_top);
    const uint32_t width = window(in.width, l->kernel_w, l->stride_w, same, &l->pad_left);
    if (height == 0 || width == 0) return KERNEL_TOO_BIG;
    if (!make_shape(&l->out, height, width, channels)) return TOO_LARGE;
    rows = product(rows, product(l->kernel_h, l->kernel_w));
  }
  if (l->type >= MAX_POOL) return 0;
  if (product(rows, l->out.stride) == 0) return TOO_LARGE;
  l->kernel_rows = (uint32_t)rows;
  return 0;
}

static inline bool loss_fits(const Model& m) {
  const Layer& l = last_layer(m);
  if (m.loss == SOFTMAX_CROSS_ENTROPY && l.activation != SOFTMAX && l.activation != LINEAR) return false;
  if (m.loss == SIGMOID_CROSS_ENTROPY && l.activation != SIGMOID && l.activation != LINEAR) return false;
  if ((on_logits(m) || m.target == CLASS_INDEX) && pixels(l.out) != 1) return false;
  if (m.loss == SOFTMAX_CROSS_ENTROPY && (m.target == OWN_INPUT || l.out.channels < 2)) return false;
  return m.target != OWN_INPUT || output_size(m) == input_size(m);
}

/** Reads the program and lays the memory out; `memory` stays unset. 0, or why not. */
static inline int plan(Model* m, const int32_t* words, uint32_t count) {
  if (count < HEADER_WORDS || words[0] != PROGRAM_VERSION) return MALFORMED;
  if (words[9] < 1 || words[9] > MAX_LAYERS || count != HEADER_WORDS + (uint32_t)words[9] * LAYER_WORDS) return MALFORMED;
  m->loss = words[1];
  m->target = words[2];
  m->slots = (uint32_t)words[4];
  m->training = words[5] != 0;
  m->layer_count = (uint32_t)words[9];
  if (m->loss < SOFTMAX_CROSS_ENTROPY || m->loss > HUBER || m->target < CLASS_INDEX || m->target > OWN_INPUT) return MALFORMED;
  if (m->slots > 2 || words[5] < 0 || words[5] > 1 || !sized(words[3])) return MALFORMED;
  for (int k = 6; k < 9; k++) {
    if (!sized(words[k])) return MALFORMED;
  }
  m->batch = (uint32_t)words[3];
  if (!make_shape(&m->input, (uint32_t)words[6], (uint32_t)words[7], (uint32_t)words[8])) return TOO_LARGE;

  uint64_t weights = 0, logical = 0, outputs = 0, widest = numbers(m->input);
  Shape shape = m->input;
  for (uint32_t i = 0; i < m->layer_count; i++) {
    Layer* l = &m->layers[i];
    const int refused = plan_layer(l, words + HEADER_WORDS + i * LAYER_WORDS, shape);
    if (refused) return refused;
    l->kernel = (uint32_t)weights;
    weights += (uint64_t)l->kernel_rows * l->out.stride;
    logical += (uint64_t)l->kernel_rows * l->out.channels;
    l->bias = (uint32_t)weights;
    if (l->has_bias) {
      weights += l->out.stride;
      logical += l->out.channels;
    }
    l->output = (uint32_t)outputs;
    const uint64_t size = product(m->batch, numbers(l->out));
    if (size == 0 || weights > MAX_NUMBERS) return TOO_LARGE;
    outputs += size;
    if (outputs > MAX_NUMBERS && m->training) return TOO_LARGE;
    if (numbers(l->out) > widest) widest = numbers(l->out);
    shape = l->out;
  }
  const uint64_t strip = product(m->batch, widest);
  const uint64_t first = product(m->batch, numbers(m->input));
  if (strip == 0 || first == 0 || !loss_fits(*m)) return strip && first ? BAD_LOSS : TOO_LARGE;

  // weights | gradient, state | input | outputs | two strips of deltas; forward only: weights | two strips in turn.
  uint64_t at = weights;
  m->padded_parameters = (uint32_t)weights;
  m->parameters = (uint32_t)logical;
  m->weights = 0;
  m->gradient = (uint32_t)at;
  if (m->training) at += weights;
  m->state = (uint32_t)at;
  if (m->training) at += weights * m->slots;
  m->input_at = (uint32_t)at;
  if (m->training) at += first;
  for (uint32_t i = 0; i < m->layer_count; i++) {
    Layer* l = &m->layers[i];
    l->output = (uint32_t)(m->training ? at + l->output : at + ((i + 1) & 1) * strip);
  }
  if (m->training) at += outputs;
  m->delta_a = (uint32_t)at;
  m->delta_b = (uint32_t)(at + strip);
  at += 2 * strip;
  if (at > MAX_NUMBERS) return TOO_LARGE;
  m->total_numbers = (uint32_t)at;
  m->memory = 0;
  return 0;
}

}  // namespace fl
#endif
