// Max and average pooling. What lies outside the input does not count, neither as a maximum nor in an average; the
// gradient of a maximum goes to the first of equals, row by row.
#ifndef FL_POOL_H
#define FL_POOL_H
#include "window.h"

namespace fl {

/** Calls at(output pixel, taps down, taps across, first input pixel) for each pixel of a sample's output. */
template <typename At>
FL_INLINE void each_window(const Layer& l, At at) {
  for (uint32_t oy = 0; oy < l.out.height; oy++) {
    const Range down = taps(oy, l.stride_h, l.pad_top, l.kernel_h, l.in.height);
    for (uint32_t ox = 0; ox < l.out.width; ox++) {
      const Range across = taps(ox, l.stride_w, l.pad_left, l.kernel_w, l.in.width);
      const uint32_t iy = oy * l.stride_h + down.from - l.pad_top, ix = ox * l.stride_w + across.from - l.pad_left;
      at(oy * l.out.width + ox, down.to - down.from, across.to - across.from, iy * l.in.width + ix);
    }
  }
}

struct PoolForward {
  const Layer& l;
  const real* x;
  real* y;
  void operator()(uint32_t out, uint32_t down, uint32_t across, uint32_t in) const {
    const real share = (real)(down * across);
    for (uint32_t c = 0; c < l.in.stride; c += LANES) {
      const real* line = x + (size_t)in * l.in.stride + c;
      vec best = load(line), sum = splat(0);
      for (uint32_t ky = 0; ky < down; ky++, line += (size_t)l.in.width * l.in.stride) {
        for (uint32_t kx = 0; kx < across; kx++) {
          const vec v = load(line + (size_t)kx * l.in.stride);
          best = maximum(v, best);
          sum += v;
        }
      }
      store(y + (size_t)out * l.out.stride + c, l.type == MAX_POOL ? best : sum / share);
    }
  }
};

struct PoolBackward {
  const Layer& l;
  const real* x;
  const real* delta;
  real* back;
  void operator()(uint32_t out, uint32_t down, uint32_t across, uint32_t in) const {
    const real* d = delta + (size_t)out * l.out.stride;
    const size_t line = (size_t)l.in.width * l.in.stride, first = (size_t)in * l.in.stride;
    if (l.type == AVERAGE_POOL) {
      const real share = (real)(down * across);
      for (uint32_t c = 0; c < l.in.stride; c += LANES) {
        const vec part = load(d + c) / share;
        for (uint32_t ky = 0; ky < down; ky++) {
          for (uint32_t kx = 0; kx < across; kx++) {
            real* to = back + first + ky * line + (size_t)kx * l.in.stride + c;
            store(to, load(to) + part);
          }
        }
      }
      return;
    }
    for (uint32_t c = 0; c < l.in.channels; c++) {
      size_t best = first + c;
      for (uint32_t ky = 0; ky < down; ky++) {
        for (uint32_t kx = 0; kx < across; kx++) {
          const size_t at = first + ky * line + (size_t)kx * l.in.stride + c;
          if (x[at] > x[best]) best = at;
        }
      }
      back[best] += d[c];
    }
  }
};

static inline void pool_forward(const Layer& l, const real* x, real* y, uint32_t rows) {
  for (uint32_t r = 0; r < rows; r++, x += numbers(l.in), y += numbers(l.out)) {
    const PoolForward at = {l, x, y};
    each_window(l, at);
  }
}

static inline void pool_backward(const Layer& l, const real* x, const real* delta, uint32_t rows, real* back) {
  const size_t n = (size_t)rows * numbers(l.in);
  for (size_t i = 0; i < n; i += LANES) store(back + i, splat(0));
  for (uint32_t r = 0; r < rows; r++) {
    const PoolBackward at = {l, x, delta, back};
    each_window(l, at);
    x += numbers(l.in);
    delta += numbers(l.out);
    back += numbers(l.in);
  }
}

}  // namespace fl
#endif
