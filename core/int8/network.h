// A checked and planned network: plain numbers, no pointer but to the file, which must stay where it is.
#ifndef FL_INT8_NETWORK_H
#define FL_INT8_NETWORK_H
#include "fixed_point.h"
#include "tensor.h"

namespace fl {
namespace int8 {

#ifndef FL_MAX_OPS
#define FL_MAX_OPS 64  // about 150 bytes each; a board takes fewer
#endif
enum { MAX_OPERATORS = FL_MAX_OPS };

/** Height, width and channels of an image; a vector is one pixel of many channels. */
struct Image {
  uint32_t height, width, channels;
};

struct Window {
  uint32_t height, width, stride_h, stride_w, dilation_h, dilation_w;
  /** Rows above and columns left of the image that a window may reach into. */
  uint32_t pad_top, pad_left;
};

struct Operator {
  /** An OperatorCode of the schema. */
  int32_t code;
  Image in, out;
  Window window;
  /** int8 weights, int32 bias (0: none), float32 scales of the weights: places in the file. */
  uint32_t weights, bias, scales, scale_count;
  /** Products or comparisons that each output is made of. */
  uint32_t terms;
  /** Outputs for each input channel, of a depthwise convolution. */
  uint32_t multiplier;
  Quantisation in_q, out_q;
  /** What the output is clamped to: the fused activation, or the whole range of int8. */
  int32_t low, high;
  /** From input to output where one factor does for all. */
  Factor factor;
  /** The same for inputs below 0, of a leaky ReLU. */
  Factor factor_below;
  /** Inputs further away from 0 (softmax: from the greatest) give the curve's end. */
  int32_t radius;
  /** Places in the arena, of `in` and `out`. */
  uint32_t input, output;
};

struct Network {
  const uint8_t* file;
  /** After a refusal `count` is the operator that was refused, if it was one. */
  uint32_t count, arena;
  uint32_t inputs, outputs;
  Quantisation input, output;
  /** Products and comparisons of one row: what it costs. */
  uint64_t products;
  /** Does the file itself begin with a QUANTIZE of floats, end with a DEQUANTIZE? They are no operators here. */
  bool float_input, float_output;
  Operator operators[MAX_OPERATORS];
};

FL_INLINE uint32_t elements(const Image& image) { return image.height * image.width * image.channels; }

}  // namespace int8
}  // namespace fl
#endif
