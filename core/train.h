// Training in slices: epochs of shuffled mini-batches that can be left after any step and gone on with. The bits do not
// depend on the slices.
#ifndef FL_TRAIN_H
#define FL_TRAIN_H
#include "loss.h"
#include "optimizer.h"
#include "pass.h"
#include "random.h"
#include "samples.h"

namespace fl {

struct Training {
  Options options;
  uint32_t epochs, batch;  // batch <= Model::batch
  uint32_t max_steps;      // 0: all
  Random random;
  /** samples.count indices, in memory that the outside gives. */
  uint32_t* order;

  uint32_t epoch, position, steps;
  /** Sums of the loss over the current epoch, and over the first. */
  double loss, first_loss;
  uint32_t seen, first_seen;
};

static inline void begin_training(Training* t, Model* m, const Samples& s) {
  for (uint32_t i = 0; i < s.count; i++) t->order[i] = i;
  t->epoch = t->position = t->steps = 0;
  t->loss = t->first_loss = 0;
  t->seen = t->first_seen = 0;
  clear_state(m);
}

/** Forward, loss and gradient of `n` rows: gives the sum of their losses, or a refusal. */
static inline int batch_gradient(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n,
                                 double* loss) {
  real* input = m.memory + m.input_at;
  read_features(m, s, order, first, n, input);
  const real* y = forward(m, n);
  real* delta = m.memory + m.delta_a;
  const real share = (real)1 / (real)n;
  double sum = 0;
  for (uint32_t k = 0; k < n; k++) {
    real weight = 1;
    const int refused = read_target(m, s, order ? order[first + k] : first + k, input, delta, &weight);
    if (refused) return refused;
    sum += (double)(weight * loss_row(m, y, delta, share * weight));
    input += numbers(m.input);
    y += numbers(output_shape(m));
    delta += numbers(output_shape(m));
  }
  *loss = sum;
  backward(m, n);
  return 0;
}

/** Up to `steps` steps; how many were done (fewer: finished), or a refusal. */
static inline int train(Training* t, Model* m, const Samples& s, uint32_t steps) {
  uint32_t done = 0;
  for (; done < steps; done++) {
    if (t->position >= s.count) {
      t->epoch++;
      t->position = 0;
    }
    if (t->epoch >= t->epochs || (t->max_steps > 0 && t->steps >= t->max_steps)) break;
    if (t->position == 0) {
      shuffle(&t->random, t->order, s.count);
      t->loss = 0;
      t->seen = 0;
    }
    const uint32_t left = s.count - t->position;
    const uint32_t n = left < t->batch ? left : t->batch;
    double loss = 0;
    const int refused = batch_gradient(*m, s, t->order, t->position, n, &loss);
    if (refused) return refused;
    optimizer_step(m, t->options);
    t->steps++;
    t->position += n;
    t->loss += loss;
    t->seen += n;
    if (t->epoch == 0) {
      t->first_loss = t->loss;
      t->first_seen = t->seen;
    }
  }
  return (int)done;
}

/** Outputs of `n` rows from `first` on, flat: probabilities where the loss takes logits. */
static inline void predict(const Model& m, const Samples& s, uint32_t first, uint32_t n, float* out) {
  read_features(m, s, 0, first, n, m.memory + m.input_at);
  forward(m, n);
  const Shape& shape = output_shape(m);
  real* y = m.memory + last_layer(m).output;
  if (on_logits(m)) activate(m.loss == SOFTMAX_CROSS_ENTROPY ? SOFTMAX : SIGMOID, y, n * pixels(shape), shape);
  for (uint32_t p = 0; p < n * pixels(shape); p++, y += shape.stride) {
    for (uint32_t c = 0; c < shape.channels; c++) *out++ = (float)y[c];
  }
}

}  // namespace fl
#endif
