// Depthwise convolutions: output channel c m + j sees input channel c alone, through weight j of it (m: the multiplier).
#ifndef FL_DEPTHWISE_H
#define FL_DEPTHWISE_H
#include "window.h"

namespace fl {

/** The input numbers that LANES output channels from o on see. */
FL_INLINE vec depthwise_inputs_of(const Layer& l, const real* pixel, uint32_t o) {
  if (l.multiplier == 1) return load(pixel + o);
  vec x = splat(0);
  for (int k = 0; k < LANES; k++) {
    if (o + k < l.out.channels) x[k] = pixel[(o + k) / l.multiplier];
  }
  return x;
}

static inline void depthwise_forward(const Layer& l, const real* w, const real* bias, const real* x, real* y,
                                     uint32_t rows) {
  for (uint32_t r = 0; r < rows; r++, x += numbers(l.in)) {
    for (uint32_t oy = 0; oy < l.out.height; oy++) {
      const Range down = taps(oy, l.stride_h, l.pad_top, l.kernel_h, l.in.height);
      for (uint32_t ox = 0; ox < l.out.width; ox++, y += l.out.stride) {
        const Range across = taps(ox, l.stride_w, l.pad_left, l.kernel_w, l.in.width);
        for (uint32_t o = 0; o < l.out.stride; o += LANES) {
          vec sum = bias ? load(bias + o) : splat(0);
          for (uint32_t ky = down.from; ky < down.to; ky++) {
            const uint32_t iy = oy * l.stride_h + ky - l.pad_top;
            for (uint32_t kx = across.from; kx < across.to; kx++) {
              const uint32_t ix = ox * l.stride_w + kx - l.pad_left;
              const vec xi = depthwise_inputs_of(l, x + (size_t)(iy * l.in.width + ix) * l.in.stride, o);
              sum += xi * load(w + (size_t)(ky * l.kernel_w + kx) * l.out.stride + o);
            }
          }
          store(y + o, sum);
        }
      }
    }
  }
}

/** ADD as in dense.h. */
template <bool ADD>
static inline void depthwise_weights(const Layer& l, const real* x, const real* delta, uint32_t rows, real* gradient) {
  for (uint32_t ky = 0; ky < l.kernel_h; ky++) {
    const Range down = outputs_of(ky, l.stride_h, l.pad_top, l.in.height, l.out.height);
    for (uint32_t kx = 0; kx < l.kernel_w; kx++, gradient += l.out.stride) {
      const Range across = outputs_of(kx, l.stride_w, l.pad_left, l.in.width, l.out.width);
      for (uint32_t o = 0; o < l.out.stride; o += LANES) {
        vec sum = ADD ? load(gradient + o) : splat(0);
        for (uint32_t r = 0; r < rows; r++) {
          for (uint32_t oy = down.from; oy < down.to; oy++) {
            const uint32_t iy = oy * l.stride_h + ky - l.pad_top;
            for (uint32_t ox = across.from; ox < across.to; ox++) {
              const uint32_t ix = ox * l.stride_w + kx - l.pad_left;
              const real* pixel = x + ((size_t)r * pixels(l.in) + iy * l.in.width + ix) * l.in.stride;
              const real* d = delta + ((size_t)r * pixels(l.out) + oy * l.out.width + ox) * l.out.stride;
              sum += depthwise_inputs_of(l, pixel, o) * load(d + o);
            }
          }
        }
        store(gradient + o, sum);
      }
    }
  }
}

/** Adds what the outputs of one output pixel tell the inputs under one tap. */
FL_INLINE void depthwise_back(const Layer& l, const real* w, const real* d, real* back) {
  if (l.multiplier == 1) {
    for (uint32_t o = 0; o < l.out.stride; o += LANES) store(back + o, load(back + o) + load(d + o) * load(w + o));
    return;
  }
  for (uint32_t c = 0, o = 0; c < l.in.channels; c++) {
    for (uint32_t j = 0; j < l.multiplier; j++, o++) back[c] += d[o] * w[o];
  }
}

static inline void depthwise_inputs(const Layer& l, const real* w, const real* delta, uint32_t rows, real* back) {
  for (uint32_t r = 0; r < rows; r++, delta += numbers(l.out)) {
    for (uint32_t iy = 0; iy < l.in.height; iy++) {
      for (uint32_t ix = 0; ix < l.in.width; ix++, back += l.in.stride) {
        for (uint32_t c = 0; c < l.in.stride; c += LANES) store(back + c, splat(0));
        for (uint32_t ky = 0; ky < l.kernel_h; ky++) {
          const uint32_t oy = output_seeing(iy, ky, l.stride_h, l.pad_top, l.out.height);
          if (oy == l.out.height) continue;
          for (uint32_t kx = 0; kx < l.kernel_w; kx++) {
            const uint32_t ox = output_seeing(ix, kx, l.stride_w, l.pad_left, l.out.width);
            if (ox == l.out.width) continue;
            const real* d = delta + (size_t)(oy * l.out.width + ox) * l.out.stride;
            depthwise_back(l, w + (size_t)(ky * l.kernel_w + kx) * l.out.stride, d, back);
          }
        }
      }
    }
  }
}

}  // namespace fl
#endif
