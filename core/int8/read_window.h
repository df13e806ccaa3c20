// Reads the operators that move a window over an image (convolutions, pooling), and the fully connected one.
#ifndef FL_INT8_READ_WINDOW_H
#define FL_INT8_READ_WINDOW_H
#include "network.h"

namespace fl {
namespace int8 {

/** What an operator is read from: its options and its tensors. `bias` is there when has_bias. */
struct Source {
  int32_t options_type;
  Table options;
  Tensor in, out, weights, bias;
  bool has_bias;
};

/** A float's nearest integer, halves away from zero; saturated far outside of int8. */
FL_INLINE int32_t nearest(float x) {
  const float most = (float)(1 << 30);
  const float bounded = x > most ? most : x > -most ? x : -most;
  const int32_t whole = (int32_t)bounded;
  const float rest = bounded - (float)whole;
  return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
}

FL_APART int read_activation_range(Operator* o, uint32_t fused) {
  const float scale = o->out_q.scale;
  o->low = -128;
  o->high = 127;
  if (fused == FUSED_NONE) return 0;
  if (fused != FUSED_RELU && fused != FUSED_RELU_1 && fused != FUSED_RELU_6) return BAD_OPTIONS;
  const float bottom = fused == FUSED_RELU_1 ? -1.0f : 0.0f, top = fused == FUSED_RELU_1 ? 1.0f : 6.0f;
  const int32_t low = o->out_q.zero + nearest(bottom / scale), high = o->out_q.zero + nearest(top / scale);
  if (low > o->low) o->low = low;
  if (fused != FUSED_RELU && high < o->high) o->high = high;
  return o->low <= o->high ? 0 : BAD_QUANTISATION;
}

/** A tensor of four dimensions, the first of them 1. */
static inline bool read_image(const Tensor& t, Image* image) {
  if (t.dimensions != 4 || t.shape[0] != 1) return false;
  const Image read = {t.shape[1], t.shape[2], t.shape[3]};
  *image = read;
  return true;
}

/** Output length of a window on an axis, and what it reaches over the edge before it; 0 when it does not fit. */
static inline uint32_t window_axis(uint32_t length, uint32_t size, uint32_t stride, uint32_t dilation, uint32_t padding,
                                   uint32_t* before) {
  const uint64_t reach = (uint64_t)(size - 1) * dilation + 1;
  *before = 0;
  if (padding == PADDING_VALID) return reach > length ? 0 : (uint32_t)((length - reach) / stride + 1);
  const uint32_t out = (uint32_t)(((uint64_t)length + stride - 1) / stride);
  const uint64_t needed = (uint64_t)(out - 1) * stride + reach;
  if (needed > length) *before = (uint32_t)((needed - length) / 2);
  return out;
}

/** Window sizes are set; reads padding and strides, and holds the output's shape against them. */
FL_APART int read_window(Reader* r, const Source& s, Operator* o) {
  Window* w = &o->window;
  if (!read_image(s.in, &o->in) || !read_image(s.out, &o->out)) return BAD_SHAPE;
  const uint32_t padding = byte_field(r, s.options, WINDOW_PADDING);
  w->stride_w = (uint32_t)int_field(r, s.options, WINDOW_STRIDE_W, 0);
  w->stride_h = (uint32_t)int_field(r, s.options, WINDOW_STRIDE_H, 0);
  const uint32_t sizes[6] = {w->height, w->width, w->stride_h, w->stride_w, w->dilation_h, w->dilation_w};
  for (int i = 0; i < 6; i++) {
    if (sizes[i] < 1 || sizes[i] > MOST_TERMS) return BAD_OPTIONS;
  }
  if (padding > PADDING_VALID) return BAD_OPTIONS;
  const uint32_t height = window_axis(o->in.height, w->height, w->stride_h, w->dilation_h, padding, &w->pad_top);
  const uint32_t width = window_axis(o->in.width, w->width, w->stride_w, w->dilation_w, padding, &w->pad_left);
  return height > 0 && width > 0 && height == o->out.height && width == o->out.width ? 0 : BAD_SHAPE;
}

/** Weights with one scale, or one for each output along `axis`; a factor that the arithmetic can take for each. */
FL_APART int read_weights(const Parts& parts, const Source& s, uint32_t outputs, int32_t axis, Operator* o) {
  int refused = check_weights(parts, s.weights);
  if (!refused && s.has_bias) refused = check_bias(s.bias, outputs);
  if (refused) return refused;
  const uint32_t count = s.weights.scales.count;
  if (count != 1 && (count != outputs || s.weights.axis != axis)) return BAD_QUANTISATION;
  o->weights = s.weights.data.at;
  o->bias = s.has_bias ? s.bias.data.at : 0;
  o->scales = s.weights.scales.at;
  o->scale_count = count;
  return 0;
}

/** The factor of output channel c of a convolution. */
static inline Factor channel_factor(const Operator& o, const uint8_t* file, uint32_t c) {
  const float scale = get_float(file + o.scales + (o.scale_count > 1 ? 4 * c : 0));
  return factor_of((double)o.in_q.scale * (double)scale / (double)o.out_q.scale);
}

static inline int check_factors(const Parts& parts, const Operator& o) {
  for (uint32_t c = 0; c < o.scale_count; c++) {
    if (channel_factor(o, parts.reader.file, c).shift > 30) return BAD_QUANTISATION;
  }
  return 0;
}

FL_APART int read_convolution(Parts* parts, const Source& s, Operator* o) {
  Reader* r = &parts->reader;
  const bool depthwise = o->code == DEPTHWISE_CONV_2D;
  const uint32_t later = depthwise ? 1 : 0;
  if (s.options_type != (depthwise ? DEPTHWISE_OPTIONS : CONV_OPTIONS)) return BAD_OPTIONS;
  if (s.weights.dimensions != 4) return BAD_SHAPE;
  o->window.height = s.weights.shape[1];
  o->window.width = s.weights.shape[2];
  o->window.dilation_w = (uint32_t)int_field(r, s.options, CONV_DILATION_W + later, 1);
  o->window.dilation_h = (uint32_t)int_field(r, s.options, CONV_DILATION_H + later, 1);
  int refused = read_window(r, s, o);
  if (refused) return refused;
  uint64_t terms = (uint64_t)o->window.height * o->window.width;
  if (depthwise) {
    o->multiplier = (uint32_t)int_field(r, s.options, DEPTHWISE_MULTIPLIER, 0);
    if (s.weights.shape[0] != 1 || s.weights.shape[3] != o->out.channels) return BAD_SHAPE;
    if ((uint64_t)o->in.channels * o->multiplier != o->out.channels) return BAD_SHAPE;
  } else {
    if (s.weights.shape[0] != o->out.channels || s.weights.shape[3] != o->in.channels) return BAD_SHAPE;
    terms *= o->in.channels;
  }
  if (terms > MOST_TERMS) return TOO_LARGE;
  o->terms = (uint32_t)terms;
  refused = read_weights(*parts, s, o->out.channels, depthwise ? 3 : 0, o);
  if (!refused) refused = check_factors(*parts, *o);
  if (refused) return refused;
  return read_activation_range(o, byte_field(r, s.options, CONV_ACTIVATION + later));
}

static inline float magnitude(float x) { return x < 0 ? -x : x; }

FL_APART int read_pool(Parts* parts, const Source& s, Operator* o) {
  Reader* r = &parts->reader;
  if (s.options_type != POOL_OPTIONS) return BAD_OPTIONS;
  o->window.width = (uint32_t)int_field(r, s.options, POOL_WIDTH, 0);
  o->window.height = (uint32_t)int_field(r, s.options, POOL_HEIGHT, 0);
  o->window.dilation_h = o->window.dilation_w = 1;
  const int refused = read_window(r, s, o);
  if (refused) return refused;
  if (o->in.channels != o->out.channels) return BAD_SHAPE;
  const uint64_t terms = (uint64_t)o->window.height * o->window.width;
  if (terms > MOST_TERMS) return TOO_LARGE;
  o->terms = (uint32_t)terms;
  // The numbers stay as they are, so both sides must mean the same by them.
  if (magnitude(o->in_q.scale - o->out_q.scale) > 1e-6f || o->in_q.zero != o->out_q.zero) return BAD_QUANTISATION;
  return read_activation_range(o, byte_field(r, s.options, POOL_ACTIVATION));
}

FL_APART int read_dense(Parts* parts, const Source& s, Operator* o) {
  Reader* r = &parts->reader;
  if (s.options_type != DENSE_OPTIONS || byte_field(r, s.options, DENSE_WEIGHTS_FORMAT) != 0) return BAD_OPTIONS;
  if (s.weights.dimensions != 2) return BAD_SHAPE;
  const uint32_t outputs = s.weights.shape[0], inputs = s.weights.shape[1];
  const uint32_t rows = s.in.elements / inputs;
  if (rows * inputs != s.in.elements || (uint64_t)rows * outputs != s.out.elements) return BAD_SHAPE;
  if (inputs > MOST_TERMS) return TOO_LARGE;
  const Image in = {1, rows, inputs}, out = {1, rows, outputs};
  o->in = in;
  o->out = out;
  o->terms = inputs;
  if (s.weights.scales.count > 1) return DENSE_PER_CHANNEL;
  const int refused = read_weights(*parts, s, outputs, 0, o);
  if (refused) return refused;
  // The product of the scales is rounded to float here, and not for convolutions: so the reference kernels do it.
  const float weight_scale = scale_of(*parts, s.weights.scales, 0);
  const float product = o->in_q.scale * weight_scale;
  if (s.has_bias) {
    const double own = s.bias.scales.count > 0 && s.bias.zeros.count > 0 ? scale_of(*parts, s.bias.scales, 0) : 0;
    const double difference = (double)o->in_q.scale * (double)weight_scale - own;
    if (!((difference < 0 ? -difference : difference) / (double)o->out_q.scale <= 0.02)) return BAD_QUANTISATION;
  }
  o->factor = factor_of((double)product / (double)o->out_q.scale);
  if (o->factor.shift > 30) return BAD_QUANTISATION;
  return read_activation_range(o, byte_field(r, s.options, DENSE_ACTIVATION));
}

}  // namespace int8
}  // namespace fl
#endif
