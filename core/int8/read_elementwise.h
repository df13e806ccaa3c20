// Reads the operators that take each number for itself: activations, softmax, another quantisation, another shape.
#ifndef FL_INT8_READ_ELEMENTWISE_H
#define FL_INT8_READ_ELEMENTWISE_H
#include "read_window.h"

namespace fl {
namespace int8 {

/** The greatest number of classes whose softmax the reference kernel takes whatever the inputs are. */
enum { MOST_CLASSES = 511 };

static inline bool same(const Quantisation& a, const Quantisation& b) { return a.scale == b.scale && a.zero == b.zero; }

/** floor(most * 2^(31 - integer bits) / 2^shift): what is scaled beyond this would leave the integer bits. */
static inline int32_t radius_of(int32_t integer_bits, int32_t shift) {
  const uint64_t most = ((uint64_t)1 << integer_bits) - 1;
  return shift > 40 ? 0 : (int32_t)((most << (31 - integer_bits)) >> shift);
}

static inline int read_softmax(Parts* parts, const Source& s, Operator* o) {
  if (s.options_type != SOFTMAX_OPTIONS) return BAD_OPTIONS;
  const float beta = float_field(&parts->reader, s.options, SOFTMAX_BETA, 0);
  if (!is_scale(beta)) return BAD_OPTIONS;
  if (s.in.dimensions < 1 || s.out.dimensions < 1) return BAD_SHAPE;
  if (s.out.shape[s.out.dimensions - 1] != o->in.channels) return BAD_SHAPE;
  if (o->in.channels > MOST_CLASSES) return TOO_LARGE;
  if (o->out_q.scale != 1.0f / 256 || o->out_q.zero != -128) return BAD_QUANTISATION;
  const double most = 2147483647.0;
  const double scale = (double)beta * (double)o->in_q.scale * (double)(1 << 26);
  if (!(scale > 1)) return BAD_QUANTISATION;
  o->factor = factor_of(scale < most ? scale : most);
  o->radius = radius_of(5, o->factor.shift);
  return 0;
}

/** Logistic and tanh: their results have one scale. */
static inline int read_curve(Operator* o, float scale, int32_t zero) {
  if (o->out_q.scale != scale || o->out_q.zero != zero) return BAD_QUANTISATION;
  o->factor = factor_of((double)o->in_q.scale * (double)(1 << 27));
  o->radius = radius_of(4, o->factor.shift);
  return 0;
}

/** The products of scale and slope are rounded to float, as the reference kernel has them. */
static inline int read_leaky(Parts* parts, const Source& s, Operator* o) {
  if (s.options_type != LEAKY_OPTIONS) return BAD_OPTIONS;
  const float slope = float_field(&parts->reader, s.options, LEAKY_SLOPE, 0);
  if (!is_scale(slope)) return BAD_OPTIONS;
  const float below = o->in_q.scale * slope;
  o->factor = factor_of((double)(o->in_q.scale / o->out_q.scale));
  o->factor_below = factor_of((double)(below / o->out_q.scale));
  return o->factor.shift > 30 || o->factor_below.shift > 30 ? BAD_QUANTISATION : 0;
}

FL_APART int read_elementwise(Parts* parts, const Source& s, Operator* o) {
  if (s.in.elements != s.out.elements) return BAD_SHAPE;
  const uint32_t channels = s.in.dimensions > 0 ? s.in.shape[s.in.dimensions - 1] : 1;
  const Image image = {1, s.in.elements / channels, channels};
  o->in = o->out = image;
  o->terms = 1;
  o->low = -128;
  o->high = 127;
  switch (o->code) {
    case RESHAPE:
    case SQUEEZE:
    case EXPAND_DIMS:
      return same(o->in_q, o->out_q) ? 0 : BAD_QUANTISATION;
    case SOFTMAX:
      return read_softmax(parts, s, o);
    case LOGISTIC:
      return read_curve(o, 1.0f / 256, -128);
    case TANH:
      return read_curve(o, 1.0f / 128, 0);
    case RELU6:
      // The reference kernel only clamps: with another scale at its output it would be wrong.
      return same(o->in_q, o->out_q) ? read_activation_range(o, FUSED_RELU_6) : BAD_QUANTISATION;
    case RELU:
      o->factor = factor_of((double)(o->in_q.scale / o->out_q.scale));
      return o->factor.shift > 30 ? BAD_QUANTISATION : read_activation_range(o, FUSED_RELU);
    case LEAKY_RELU:
      return read_leaky(parts, s, o);
    case QUANTIZE:
      o->factor = factor_of((double)o->in_q.scale / (double)o->out_q.scale);
      return o->factor.shift > 30 ? BAD_QUANTISATION : 0;
    default:
      return UNKNOWN_OPERATOR;
  }
}

}  // namespace int8
}  // namespace fl
#endif
