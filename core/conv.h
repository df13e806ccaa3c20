// Convolutions in one and two dimensions. As in dense.h blocks live in registers, and every number is summed in one order:
// over the taps, and within a tap over the channels (for gradients of weights over samples, rows and columns).
#ifndef FL_CONV_H
#define FL_CONV_H
#include "dense.h"
#include "window.h"

namespace fl {

/** VECTORS vectors of outputs for PIXELS neighbouring pixels, which all have the taps `across`. */
template <int PIXELS, int VECTORS>
FL_INLINE void conv_forward_block(const Layer& l, const real* w, const real* bias, const real* x, Range down, Range across,
                                  real* y) {
  const uint32_t in = l.in.channels, step = l.stride_w * l.in.stride, out = l.out.stride;
  vec sum[PIXELS][VECTORS];
  for (int v = 0; v < VECTORS; v++) {
    const vec b = bias ? load(bias + v * LANES) : splat(0);
    for (int p = 0; p < PIXELS; p++) sum[p][v] = b;
  }
  for (uint32_t ky = down.from; ky < down.to; ky++) {
    const real* pixel = x + ((size_t)(ky - down.from) * l.in.width) * l.in.stride;
    const real* row = w + (size_t)(ky * l.kernel_w + across.from) * in * out;
    for (uint32_t kx = across.from; kx < across.to; kx++, pixel += l.in.stride) {
      for (uint32_t i = 0; i < in; i++, row += out) {
        vec weights[VECTORS];
        for (int v = 0; v < VECTORS; v++) weights[v] = load(row + v * LANES);
        for (int p = 0; p < PIXELS; p++) {
          const vec xi = splat(pixel[p * step + i]);
          for (int v = 0; v < VECTORS; v++) sum[p][v] += xi * weights[v];
        }
      }
    }
  }
  for (int p = 0; p < PIXELS; p++) {
    for (int v = 0; v < VECTORS; v++) store(y + p * out + v * LANES, sum[p][v]);
  }
}

/** x: the input pixel under the first tap inside. */
template <int PIXELS>
static inline void conv_forward_pixels(const Layer& l, const real* w, const real* bias, const real* x, Range down,
                                       Range across, real* y) {
  uint32_t o = 0;
  for (; o + 2 * LANES <= l.out.stride; o += 2 * LANES) {
    conv_forward_block<PIXELS, 2>(l, w + o, bias ? bias + o : 0, x, down, across, y + o);
  }
  if (o < l.out.stride) conv_forward_block<PIXELS, 1>(l, w + o, bias ? bias + o : 0, x, down, across, y + o);
}

static inline void conv_forward(const Layer& l, const real* w, const real* bias, const real* x, real* y, uint32_t rows) {
  for (uint32_t r = 0; r < rows; r++, x += numbers(l.in)) {
    for (uint32_t oy = 0; oy < l.out.height; oy++) {
      const Range down = taps(oy, l.stride_h, l.pad_top, l.kernel_h, l.in.height);
      const real* line = x + (size_t)(oy * l.stride_h + down.from - l.pad_top) * l.in.width * l.in.stride;
      for (uint32_t ox = 0; ox < l.out.width;) {
        const Range across = taps(ox, l.stride_w, l.pad_left, l.kernel_w, l.in.width);
        const real* pixel = line + (size_t)(ox * l.stride_w + across.from - l.pad_left) * l.in.stride;
        const bool whole = across.from == 0 && ox + BLOCK <= l.out.width &&
                           taps(ox + BLOCK - 1, l.stride_w, l.pad_left, l.kernel_w, l.in.width).to == l.kernel_w;
        if (whole) {
          conv_forward_pixels<BLOCK>(l, w, bias, pixel, down, across, y);
        } else {
          conv_forward_pixels<1>(l, w, bias, pixel, down, across, y);
        }
        ox += whole ? BLOCK : 1;
        y += (whole ? BLOCK : 1) * l.out.stride;
      }
    }
  }
}

/** The gradient of the weights from INPUTS channels through one tap to VECTORS vectors of outputs; ADD as in dense.h. */
template <bool ADD, int INPUTS, int VECTORS>
FL_INLINE void conv_weights_block(const Layer& l, const real* x, const real* delta, uint32_t rows, Range down, Range across,
                                  real* gradient) {
  const uint32_t out = l.out.stride, step = l.stride_w * l.in.stride;
  vec sum[INPUTS][VECTORS];
  for (int i = 0; i < INPUTS; i++) {
    for (int v = 0; v < VECTORS; v++) sum[i][v] = ADD ? load(gradient + i * out + v * LANES) : splat(0);
  }
  for (uint32_t r = 0; r < rows; r++, x += numbers(l.in), delta += numbers(l.out)) {
    const real* line = x;
    for (uint32_t oy = down.from; oy < down.to; oy++, line += (size_t)l.stride_h * l.in.width * l.in.stride) {
      const real* pixel = line;
      const real* d = delta + (size_t)(oy * l.out.width + across.from) * out;
      for (uint32_t ox = across.from; ox < across.to; ox++, pixel += step, d += out) {
        vec row[VECTORS];
        for (int v = 0; v < VECTORS; v++) row[v] = load(d + v * LANES);
        for (int i = 0; i < INPUTS; i++) {
          const vec xi = splat(pixel[i]);
          for (int v = 0; v < VECTORS; v++) sum[i][v] += xi * row[v];
        }
      }
    }
  }
  for (int i = 0; i < INPUTS; i++) {
    for (int v = 0; v < VECTORS; v++) store(gradient + i * out + v * LANES, sum[i][v]);
  }
}

template <bool ADD, int INPUTS>
static inline void conv_weights_inputs(const Layer& l, const real* x, const real* delta, uint32_t rows, Range down,
                                       Range across, real* gradient) {
  uint32_t o = 0;
  for (; o + 2 * LANES <= l.out.stride; o += 2 * LANES) {
    conv_weights_block<ADD, INPUTS, 2>(l, x, delta + o, rows, down, across, gradient + o);
  }
  if (o < l.out.stride) conv_weights_block<ADD, INPUTS, 1>(l, x, delta + o, rows, down, across, gradient + o);
}

template <bool ADD>
static inline void conv_weights(const Layer& l, const real* x, const real* delta, uint32_t rows, real* gradient) {
  for (uint32_t ky = 0; ky < l.kernel_h; ky++) {
    const Range down = outputs_of(ky, l.stride_h, l.pad_top, l.in.height, l.out.height);
    for (uint32_t kx = 0; kx < l.kernel_w; kx++, gradient += (size_t)l.in.channels * l.out.stride) {
      const Range across = outputs_of(kx, l.stride_w, l.pad_left, l.in.width, l.out.width);
      const bool reached = down.from < down.to && across.from < across.to;
      const uint32_t iy = down.from * l.stride_h + ky - l.pad_top, ix = across.from * l.stride_w + kx - l.pad_left;
      const real* first = reached ? x + (size_t)(iy * l.in.width + ix) * l.in.stride : x;
      const uint32_t samples = reached ? rows : 0;
      uint32_t i = 0;
      for (; i + BLOCK <= l.in.channels; i += BLOCK) {
        conv_weights_inputs<ADD, BLOCK>(l, first + i, delta, samples, down, across, gradient + i * l.out.stride);
      }
      for (; i < l.in.channels; i++) {
        conv_weights_inputs<ADD, 1>(l, first + i, delta, samples, down, across, gradient + i * l.out.stride);
      }
    }
  }
}

/** The gradient by LANES channels of one input pixel: over all outputs that see it. */
FL_INLINE vec conv_inputs_block(const Layer& l, const real* w, const real* delta, uint32_t iy, uint32_t ix, uint32_t i) {
  const uint32_t out = l.out.stride, in = l.in.channels;
  vec sum[LANES];
  for (int k = 0; k < LANES; k++) sum[k] = splat(0);
  for (uint32_t ky = 0; ky < l.kernel_h; ky++) {
    const uint32_t oy = output_seeing(iy, ky, l.stride_h, l.pad_top, l.out.height);
    if (oy == l.out.height) continue;
    for (uint32_t kx = 0; kx < l.kernel_w; kx++) {
      const uint32_t ox = output_seeing(ix, kx, l.stride_w, l.pad_left, l.out.width);
      if (ox == l.out.width) continue;
      const real* d = delta + (size_t)(oy * l.out.width + ox) * out;
      const real* row[LANES];
      for (int k = 0; k < LANES; k++) row[k] = w + ((size_t)(ky * l.kernel_w + kx) * in + (i + k < in ? i + k : i)) * out;
      for (uint32_t o = 0; o < out; o += LANES) {
        const vec dv = load(d + o);
        for (int k = 0; k < LANES; k++) sum[k] += dv * load(row[k] + o);
      }
    }
  }
  vec result = splat(0);
  for (int k = 0; k < LANES; k++) result[k] = i + k < in ? total(sum[k]) : (real)0;
  return result;
}

static inline void conv_inputs(const Layer& l, const real* w, const real* delta, uint32_t rows, real* back) {
  for (uint32_t r = 0; r < rows; r++, delta += numbers(l.out)) {
    for (uint32_t iy = 0; iy < l.in.height; iy++) {
      for (uint32_t ix = 0; ix < l.in.width; ix++, back += l.in.stride) {
        for (uint32_t i = 0; i < l.in.channels; i += LANES) store(back + i, conv_inputs_block(l, w, delta, iy, ix, i));
      }
    }
  }
}

}  // namespace fl
#endif
