// A model in the memory that the plan laid out: one block, nothing allocated afterwards.
#ifndef FL_MODEL_H
#define FL_MODEL_H
#include "program.h"

namespace fl {

struct Model {
  int32_t loss, target;
  uint32_t batch, slots, layer_count;
  bool training;
  Shape input;
  /** Parameters with padded rows, and without (as everybody else counts them). */
  uint32_t padded_parameters, parameters;
  /** Offsets in `numbers`. */
  uint32_t weights, gradient, state, input_at, delta_a, delta_b;
  uint32_t total_numbers;
  /** Steps of the optimiser since its state was cleared, as powers of its betas. */
  double beta1_power, beta2_power;
  real* memory;
  Layer layers[MAX_LAYERS];
};

FL_INLINE const Layer& last_layer(const Model& m) { return m.layers[m.layer_count - 1]; }
FL_INLINE const Shape& output_shape(const Model& m) { return last_layer(m).out; }
FL_INLINE uint32_t output_size(const Model& m) { return pixels(output_shape(m)) * output_shape(m).channels; }
FL_INLINE uint32_t input_size(const Model& m) { return pixels(m.input) * m.input.channels; }

/** Whether the loss works on logits: then the last layer's own activation is applied by the loss and by predict. */
FL_INLINE bool on_logits(const Model& m) { return m.loss == SOFTMAX_CROSS_ENTROPY || m.loss == SIGMOID_CROSS_ENTROPY; }

}  // namespace fl
#endif
