// The weights in use on rows: EVALUATE over those held, PREDICT on one, and rows as they come in.
#ifndef FL_BOARD_USE_H
#define FL_BOARD_USE_H
#include "load.h"

namespace fl {
namespace board {

static inline bool all_finite(const float* v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    if (!finite(v[i])) return false;
  }
  return true;
}

FL_INLINE bool through_backbone(const Device& d) { return (d.loaded.flags & LOAD_THROUGH_BACKBONE) != 0; }

/** Features as they came to features as the model takes them; null: the backbone gave what is not finite. */
static inline const float* embed(Device* d, const float* wire) {
  if (!through_backbone(*d)) return wire;
  float* to = floats_at(*d, d->memory.embedded);
  if (d->engine.run(d->engine.self, wire, to) != 0 || !all_finite(to, d->memory.width)) return 0;
  return to;
}

/** Outputs of one row of finite numbers, into memory.outputs; needs weights, and nothing that works. */
static inline bool predict_row(Device* d, const float* wire) {
  const float* features = embed(d, wire);
  if (!features) return false;
  float* to = floats_at(*d, d->memory.outputs);
  predict(d->model, samples_of(*d, features, 0, 1), 0, 1, to);
  return all_finite(to, output_size(d->model));
}

/** Takes a row of finite numbers. The training that runs must not find another row at a place of its own. */
static inline Outcome keep_row(Device* d, const float* wire, const float* targets) {
  if (works(*d) && next_place(d->rows) < rows_held(d->rows)) return outcome(BUSY);
  if (d->model.target == CLASS_INDEX) {
    const Samples one = samples_of(*d, 0, targets, 1);
    if (class_of(d->model, one, 0) < 0) return outcome(NO_SUCH_CLASS, d->rows.taken);
  }
  const float* features = embed(d, wire);
  if (!features) return outcome(NOT_FINITE, d->rows.taken);
  take_row(&d->rows, features, targets);
  return outcome(OK);
}

/** Numbers of rows from message to board; `next` numbers of a row have come before. */
static inline Outcome take_numbers(Device* d, uint32_t row, uint32_t number, Reader* r) {
  if (!d->has_model) return outcome(NO_MODEL);
  if (row != d->rows.taken || number != d->row_numbers) return outcome(WRONG_PLACE, d->rows.taken);
  const uint32_t features = d->memory.wire_width, whole = features + d->rows.target_width;
  float* to = floats_at(*d, d->memory.row);
  while (r->left > 0) {
    const float v = r->f32();
    if (!finite(v)) {
      d->row_numbers = 0;
      return outcome(NOT_FINITE, d->rows.taken);
    }
    to[d->row_numbers++] = v;
    if (d->row_numbers < whole) continue;
    d->row_numbers = 0;
    const Outcome o = keep_row(d, to, to + features);
    if (o.code != OK) return o;
  }
  return outcome(OK);
}

static inline Outcome begin_evaluation(Device* d) {
  if (!d->has_model) return outcome(NO_MODEL);
  if (!d->has_weights) return outcome(NO_WEIGHTS);
  if (works(*d)) return outcome(BUSY);
  if (rows_held(d->rows) == 0 || !rows_in_order(d->rows)) return outcome(NO_SAMPLES);
  Evaluation* e = &d->evaluation;
  e->runs = true;
  e->unheard = false;
  e->code = OK;
  e->row = e->hits = 0;
  e->loss = 0;
  d->samples = samples_of(*d, d->rows.features, d->rows.targets, rows_held(d->rows));
  return outcome(OK);
}

static inline bool is_hit(const Model& m, const Samples& s, uint32_t row, const real* y) {
  const int32_t c = class_of(m, s, row);
  const uint32_t outputs = output_size(m);
  if (outputs == 1) return (y[0] > (on_logits(m) ? (real)0 : (real)0.5)) == (c == 1);
  uint32_t best = 0;
  for (uint32_t k = 1; k < outputs; k++) best = y[k] > y[best] ? k : best;
  return (int32_t)best == c;
}

/** One row of the evaluation that runs. */
static inline void work_on_evaluation(Device* d) {
  Evaluation* e = &d->evaluation;
  const Model& m = d->model;
  real* input = m.memory + m.input_at;
  real* delta = m.memory + m.delta_a;
  read_features(m, d->samples, 0, e->row, 1, input);
  const real* y = forward(m, 1);
  real weight = 1;
  if (read_target(m, d->samples, e->row, input, delta, &weight) != 0) e->code = NO_SUCH_CLASS;
  if (e->code == OK && m.target == CLASS_INDEX && is_hit(m, d->samples, e->row, y)) e->hits++;
  if (e->code == OK) e->loss += (double)loss_row(m, y, delta, (real)1, (real)0);
  e->row++;
  if (e->code == OK && e->row < d->samples.count) return;
  if (e->code == OK) e->loss /= d->samples.count;
  if (!finite(e->loss)) e->code = DIVERGED;
  e->runs = false;
  e->unheard = true;
}

}  // namespace board
}  // namespace fl
#endif
