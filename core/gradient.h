// Loss and gradient of rows: of a batch, or of all samples in one pass that can be left after any chunk and gone on with.
#ifndef FL_GRADIENT_H
#define FL_GRADIENT_H
#include "loss.h"
#include "pass.h"
#include "samples.h"

namespace fl {

/** The loss of one row against its target, or with a teacher the part that each has in it; delta as loss_row leaves it. */
static inline int row_loss(const Model& m, const Samples& s, uint32_t row, const real* input, const real* y, real* delta,
                           real scale, double* loss) {
  const Soft& soft = s.soft;
  const real taught = soft.rows ? (real)soft.share : (real)0;
  if (soft.rows && taught >= 1) {
    for (uint32_t k = 0; k < output_shape(m).stride; k++) delta[k] = 0;
  } else {
    real weight = 1;
    const int refused = read_target(m, s, row, input, delta, &weight);
    if (refused) return refused;
    if (soft.rows) weight *= (real)1 - taught;
    *loss += (double)(weight * loss_row(m, y, delta, scale * weight, (real)s.focal_gamma));
  }
  if (!soft.rows) return 0;
  const uint32_t n = output_shape(m).channels;
  const float* from = soft.rows + (size_t)row * n;
  const real temperature = (real)soft.temperature;
  const real part = m.loss == SOFTMAX_CROSS_ENTROPY ? softened_softmax(y, from, delta, n, scale * taught, temperature)
                                                    : softened_sigmoid(y, from, delta, n, scale * taught, temperature);
  *loss += (double)(taught * part);
  return 0;
}

/**
 * Forward through the rows in place, which are first .. first + n of `order` (null: of the samples): adds their losses to
 * *loss and leaves the gradient of `scale` times their sum by the output where backward() takes it. 0, or a refusal.
 */
static inline int rows_loss(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n, real scale,
                            double* loss) {
  const real* input = m.memory + m.input_at;
  const real* y = forward(m, n);
  real* delta = m.memory + m.delta_a;
  if (s.soft.rows && !on_logits(m)) return BAD_LOSS;
  for (uint32_t k = 0; k < n; k++) {
    const int refused = row_loss(m, s, order ? order[first + k] : first + k, input, y, delta, scale, loss);
    if (refused) return refused;
    input += numbers(m.input);
    y += numbers(output_shape(m));
    delta += numbers(output_shape(m));
  }
  return 0;
}

/** Rows as in rows_loss, n <= Model::batch: their losses, and the part that they have in the mean gradient over `of` rows. */
static inline int rows_gradient(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n,
                                uint32_t of, Want want, double* loss) {
  read_features(m, s, order, first, n, m.memory + m.input_at);
  const int refused = rows_loss(m, s, order, first, n, (real)1 / (real)of, loss);
  if (refused == 0 && want != LOSS_ALONE) backward(m, n, want, false);
  return refused;
}

/** Over all samples, in their own order. */
struct FullPass {
  /** Samples seen, and the sum of their losses. */
  uint32_t seen;
  double loss;
};

/** The next chunk of at most `chunk` rows. The bits of gradient and loss do not depend on the chunks. 0, or a refusal. */
static inline int pass_on(FullPass* p, const Model& m, const Samples& s, uint32_t chunk, bool gradient) {
  const uint32_t left = s.count - p->seen, n = left < chunk ? left : chunk;
  const Want want = !gradient ? LOSS_ALONE : p->seen == 0 ? GRADIENT : ADDED_GRADIENT;
  const int refused = rows_gradient(m, s, 0, p->seen, n, s.count, want, &p->loss);
  p->seen += n;
  return refused;
}

}  // namespace fl
#endif
