// Training in slices: epochs of shuffled mini-batches, or of one full batch taken in chunks, that can be left after any batch
// or chunk and gone on with. The bits do not depend on the slices, nor on the size of the chunks.
#ifndef FL_TRAIN_H
#define FL_TRAIN_H
#include "adversary.h"
#include "optimizer.h"

namespace fl {

struct Training {
  Options options;
  Terms terms;
  uint32_t epochs, batch;  // batch <= Model::batch
  bool full_batch;         // each step over all samples, in chunks of `batch`; an epoch is one step
  uint32_t max_steps;      // 0: all
  Random random;
  /** samples.count indices, in memory that the outside gives. Full batches need none (null). */
  uint32_t* order;

  uint32_t epoch, position, steps;
  /** Sums of the loss over the current epoch, and over the first. */
  double loss, first_loss;
  uint32_t seen, first_seen;
  /** With a method: batches have moved samples too. Not for full batches, nor where the target is the own input. */
  Adversary adversary;
};

static inline void begin_training(Training* t, Model* m, const Samples& s) {
  for (uint32_t i = 0; i < s.count && !t->full_batch; i++) t->order[i] = i;
  t->epoch = t->position = t->steps = 0;
  t->loss = t->first_loss = 0;
  t->seen = t->first_seen = 0;
  clear_state(m);
}

/** The next batch, and its step; 0 or a refusal. */
static inline int train_batch(Training* t, Model* m, const Samples& s) {
  const uint32_t left = s.count - t->position;
  const uint32_t n = left < t->batch ? left : t->batch;
  double loss = 0;
  const int refused = t->adversary.method == NO_ATTACK
                          ? rows_gradient(*m, s, t->order, t->position, n, n, GRADIENT, &loss)
                          : adversarial_gradient(*m, s, t->order, t->position, n, &t->adversary, &loss);
  if (refused) return refused;
  optimizer_step(m, t->options, t->terms);
  t->steps++;
  t->position += n;
  t->loss += loss;
  t->seen += n;
  return 0;
}

/** The next chunk of a full batch, and its step behind the last one; 0 or a refusal. */
static inline int train_chunk(Training* t, Model* m, const Samples& s) {
  if (t->adversary.method != NO_ATTACK) return BAD_LOSS;
  FullPass p = {t->position, t->loss};
  const int refused = pass_on(&p, *m, s, t->batch, true);
  if (refused) return refused;
  t->position = t->seen = p.seen;
  t->loss = p.loss;
  if (p.seen < s.count) return 0;
  optimizer_step(m, t->options, t->terms);
  t->steps++;
  return 0;
}

/** Up to `batches` batches (chunks of a full one); how many were done (fewer: finished), or a refusal. */
static inline int train(Training* t, Model* m, const Samples& s, uint32_t batches) {
  uint32_t done = 0;
  for (; done < batches; done++) {
    if (t->position >= s.count) {
      t->epoch++;
      t->position = 0;
    }
    if (t->epoch >= t->epochs || (t->max_steps > 0 && t->steps >= t->max_steps)) break;
    if (t->position == 0) {
      if (!t->full_batch) shuffle(&t->random, t->order, s.count);
      t->loss = 0;
      t->seen = 0;
    }
    const int refused = t->full_batch ? train_chunk(t, m, s) : train_batch(t, m, s);
    if (refused) return refused;
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
