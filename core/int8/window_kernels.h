// Convolutions and pooling. The channel is the outermost loop, so that the factor of each is made once: nothing is stored for
// it. Positions of a window that lie outside of the image are left out: the image's zero point, which stands for 0, adds nothing.
#ifndef FL_INT8_WINDOW_KERNELS_H
#define FL_INT8_WINDOW_KERNELS_H
#include "dot.h"
#include "read_window.h"

namespace fl {
namespace int8 {

/** The part [from, to) of a window's axis that lies in the image, and the position of its first element there. */
struct Span {
  uint32_t from, to, first;
};

FL_INLINE Span span(uint32_t at, uint32_t stride, uint32_t before, uint32_t size, uint32_t dilation, uint32_t length) {
  const uint32_t start = at * stride;
  if (dilation == 1) {
    const uint32_t skipped = start >= before ? 0 : before - start, reached = start + size - before;
    const Span s = {skipped, reached <= length ? size : length + before - start, start + skipped - before};
    return s;
  }
  const uint32_t from = start >= before ? 0 : (before - start + dilation - 1) / dilation;
  const uint32_t first = start + from * dilation - before;
  const uint32_t fit = first < length ? (length - 1 - first) / dilation + 1 : 0;
  const Span s = {from, from + fit < size ? from + fit : size, first};
  return s;
}

FL_INLINE Span rows_of(const Operator& o, uint32_t y) {
  const Window& w = o.window;
  return span(y, w.stride_h, w.pad_top, w.height, w.dilation_h, o.in.height);
}
FL_INLINE Span columns_of(const Operator& o, uint32_t x) {
  const Window& w = o.window;
  return span(x, w.stride_w, w.pad_left, w.width, w.dilation_w, o.in.width);
}

FL_INLINE int8_t requantised(const Operator& o, int32_t sum, const Factor& factor) {
  return (int8_t)clamped(wrapping_add(scaled(sum, factor), o.out_q.zero), o.low, o.high);
}

FL_INLINE int32_t bias_of(const Operator& o, const uint8_t* file, uint32_t c) {
  return o.bias ? (int32_t)get32(file + o.bias + 4 * c) : 0;
}

static inline void convolve(const Operator& o, const uint8_t* file, const int8_t* x, int8_t* y) {
  const Window& w = o.window;
  const uint32_t deep = o.in.channels, line = w.width * deep;
  for (uint32_t c = 0; c < o.out.channels; c++) {
    const Factor factor = channel_factor(o, file, c);
    const int32_t bias = bias_of(o, file, c);
    const int8_t* filter = reinterpret_cast<const int8_t*>(file) + o.weights + c * w.height * line;
    int8_t* to = y + c;
    for (uint32_t i = 0; i < o.out.height; i++) {
      const Span rows = rows_of(o, i);
      for (uint32_t j = 0; j < o.out.width; j++, to += o.out.channels) {
        const Span columns = columns_of(o, j);
        const uint32_t wide = columns.to > columns.from ? columns.to - columns.from : 0;
        int32_t sum = 0;
        for (uint32_t p = rows.from; p < rows.to; p++) {
          const uint32_t row = rows.first + (p - rows.from) * w.dilation_h;
          const int8_t* from = x + (row * o.in.width + columns.first) * deep;
          const int8_t* weights = filter + p * line + columns.from * deep;
          if (w.dilation_w == 1) {
            sum += dot(weights, from, wide * deep, o.in_q.zero);
          } else {
            for (uint32_t q = 0; q < wide; q++) {
              sum += dot(weights + q * deep, from + q * w.dilation_w * deep, deep, o.in_q.zero);
            }
          }
        }
        *to = requantised(o, wrapping_add(sum, bias), factor);
      }
    }
  }
}

static inline void convolve_depthwise(const Operator& o, const uint8_t* file, const int8_t* x, int8_t* y) {
  const Window& w = o.window;
  const uint32_t deep = o.in.channels, wide = o.out.channels;
  for (uint32_t c = 0; c < wide; c++) {
    const Factor factor = channel_factor(o, file, c);
    const int32_t bias = bias_of(o, file, c);
    const int8_t* filter = reinterpret_cast<const int8_t*>(file) + o.weights + c;
    const int8_t* plane = x + c / o.multiplier;
    int8_t* to = y + c;
    for (uint32_t i = 0; i < o.out.height; i++) {
      const Span rows = rows_of(o, i);
      for (uint32_t j = 0; j < o.out.width; j++, to += wide) {
        const Span columns = columns_of(o, j);
        int32_t sum = 0;
        for (uint32_t p = rows.from; p < rows.to; p++) {
          const uint32_t row = rows.first + (p - rows.from) * w.dilation_h;
          for (uint32_t q = columns.from; q < columns.to; q++) {
            const uint32_t column = columns.first + (q - columns.from) * w.dilation_w;
            const int32_t value = plane[(row * o.in.width + column) * deep];
            sum += (int32_t)filter[(p * w.width + q) * wide] * (value - o.in_q.zero);
          }
        }
        *to = requantised(o, wrapping_add(sum, bias), factor);
      }
    }
  }
}

/** The greatest, or the mean with halves away from zero, of what of each window lies in the image. */
static inline void pool(const Operator& o, const int8_t* x, int8_t* y) {
  const uint32_t deep = o.in.channels;
  for (uint32_t i = 0; i < o.out.height; i++) {
    const Span rows = rows_of(o, i);
    for (uint32_t j = 0; j < o.out.width; j++) {
      const Span columns = columns_of(o, j);
      for (uint32_t c = 0; c < deep; c++) {
        int32_t sum = 0, most = -128, count = 0;
        for (uint32_t p = rows.from; p < rows.to; p++) {
          const uint32_t row = rows.first + (p - rows.from);
          for (uint32_t q = columns.from; q < columns.to; q++, count++) {
            const int32_t value = x[(row * o.in.width + columns.first + (q - columns.from)) * deep + c];
            sum += value;
            if (value > most) most = value;
          }
        }
        const int32_t half = count / 2;
        const int32_t mean = count > 0 ? (sum > 0 ? sum + half : sum - half) / count : 0;
        *y++ = (int8_t)clamped(o.code == MAX_POOL_2D ? most : mean, o.low, o.high);
      }
    }
  }
}

static inline void multiply_dense(const Operator& o, const uint8_t* file, const int8_t* x, int8_t* y) {
  const uint32_t inputs = o.in.channels;
  for (uint32_t row = 0; row < o.in.width; row++, x += inputs) {
    const int8_t* weights = reinterpret_cast<const int8_t*>(file) + o.weights;
    for (uint32_t c = 0; c < o.out.channels; c++, weights += inputs) {
      const int32_t sum = dot(weights, x, inputs, o.in_q.zero);
      *y++ = requantised(o, wrapping_add(sum, bias_of(o, file, c)), o.factor);
    }
  }
}

}  // namespace int8
}  // namespace fl
#endif
