// Rows of samples where the outside keeps them, and how a batch is read out of them: normalised, into padded rows.
#ifndef FL_SAMPLES_H
#define FL_SAMPLES_H
#include "model.h"

namespace fl {

/** What a teacher says of each sample, besides or in place of its target (Hinton 2015, arXiv 1503.02531). */
struct Soft {
  /** count x output_size probabilities at the temperature, or null: there is no teacher. */
  const float* rows;
  /** Both sides are softened with it, and its square keeps the gradient as large as that of the targets. */
  double temperature;
  /** Of the loss, what the teacher's part has: 0 to 1. With 1 the targets are not looked at. */
  double share;
};

struct Samples {
  /** count x input_size, and count x target width (1 for a class index, output_size for values, none for the own input). */
  const float* features;
  const float* targets;
  uint32_t count;
  /** One a feature, or null: x' = (x - mean) * inverse_deviation. */
  const float* mean;
  const float* inverse_deviation;
  /** One a class, or null. */
  const float* class_weights;
  /** Of the focal loss, for cross-entropies; 0: none. */
  double focal_gamma;
  /** For cross-entropies. */
  Soft soft;
};

/** rows[order[k]] (order null: row k itself), k < n, to the padded input rows of the model. */
static inline void read_features(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n,
                                 real* to) {
  const uint32_t channels = m.input.channels, stride = m.input.stride, size = input_size(m);
  for (uint32_t k = 0; k < n; k++) {
    const float* from = s.features + (size_t)(order ? order[first + k] : first + k) * size;
    uint32_t i = 0;
    for (uint32_t p = 0; p < pixels(m.input); p++, to += stride) {
      for (uint32_t c = 0; c < channels; c++, i++) {
        to[c] = s.mean ? ((real)from[i] - (real)s.mean[i]) * (real)s.inverse_deviation[i] : (real)from[i];
      }
      for (uint32_t c = channels; c < stride; c++) to[c] = 0;
    }
  }
}

/** The class of a row, or -1 when the outputs have no such class. One output has the classes 0 and 1. */
static inline int32_t class_of(const Model& m, const Samples& s, uint32_t row) {
  const float t = s.targets[row];
  const uint32_t classes = output_size(m) == 1 ? 2 : output_size(m);
  if (!(t >= 0 && t < (float)classes)) return -1;
  const int32_t c = (int32_t)t;
  return (float)c == t ? c : -1;
}

/** The target of a row, in padded rows like the output's, and the weight of the row. 0, or why not. */
static inline int read_target(const Model& m, const Samples& s, uint32_t row, const real* input, real* to, real* weight) {
  const Shape& shape = output_shape(m);
  *weight = 1;
  if (m.target == CLASS_INDEX) {
    const int32_t c = class_of(m, s, row);
    if (c < 0) return BAD_CLASS;
    for (uint32_t k = 0; k < shape.stride; k++) to[k] = 0;
    if (shape.channels == 1) {
      to[0] = (real)c;
    } else {
      to[c] = 1;
    }
    if (s.class_weights) *weight = (real)s.class_weights[c];
    return 0;
  }
  const float* values = m.target == VALUES ? s.targets + (size_t)row * output_size(m) : 0;
  uint32_t in_pixel = 0, in_channel = 0;
  for (uint32_t p = 0; p < pixels(shape); p++, to += shape.stride) {
    for (uint32_t c = 0; c < shape.channels; c++) {
      if (values) {
        to[c] = (real)*values++;
      } else {
        to[c] = input[in_pixel * m.input.stride + in_channel];
        if (++in_channel == m.input.channels) in_channel = 0, in_pixel++;
      }
    }
    for (uint32_t c = shape.channels; c < shape.stride; c++) to[c] = 0;
  }
  return 0;
}

}  // namespace fl
#endif
