// Where a sliding window meets its input: which taps of a kernel lie inside, and which outputs a tap reaches.
#ifndef FL_WINDOW_H
#define FL_WINDOW_H
#include "model.h"

namespace fl {

struct Range {
  uint32_t from, to;
};

/** The taps of the window at `out` that lie inside an axis of `length`. */
FL_INLINE Range taps(uint32_t out, uint32_t stride, uint32_t pad, uint32_t kernel, uint32_t length) {
  const uint32_t start = out * stride;  // of the window, `pad` further on
  Range r;
  r.from = start < pad ? pad - start : 0;
  r.to = length + pad - start < kernel ? length + pad - start : kernel;
  return r;
}

/** The outputs, of `count`, for which `tap` lies inside an axis of `length`. */
FL_INLINE Range outputs_of(uint32_t tap, uint32_t stride, uint32_t pad, uint32_t length, uint32_t count) {
  Range r;
  r.from = tap < pad ? (pad - tap + stride - 1) / stride : 0;
  r.to = tap >= length + pad ? 0 : (length + pad - 1 - tap) / stride + 1;
  if (r.to > count) r.to = count;
  if (r.from > r.to) r.from = r.to;
  return r;
}

/** The output that sees input `at` through `tap`, or `count` when none does. */
FL_INLINE uint32_t output_seeing(uint32_t at, uint32_t tap, uint32_t stride, uint32_t pad, uint32_t count) {
  if (at + pad < tap) return count;
  const uint32_t start = at + pad - tap;
  if (stride == 1) return start < count ? start : count;
  const uint32_t out = start / stride;
  return out * stride == start && out < count ? out : count;
}

}  // namespace fl
#endif
