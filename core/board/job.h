// TRAIN: a slice of it at each poll, and at its end the update.
#ifndef FL_BOARD_JOB_H
#define FL_BOARD_JOB_H
#include "load.h"

namespace fl {
namespace board {

enum { SLICE_STEPS = 16 };

struct TrainRequest {
  uint8_t key[KEY];
  uint8_t update;
  Options options;
  uint32_t epochs, batch, max_steps, seed;
};

static inline bool in_range(double v, double low, double high) { return v >= low && v <= high; }

static inline bool options_fit(const Device& d, const TrainRequest& r) {
  const Options& o = r.options;
  if (r.update != 0 && r.update != 8) return false;
  if (o.kind < SGD || o.kind > ADAM || d.model.slots < (uint32_t)o.kind) return false;
  if (r.epochs < 1 || r.batch < 1 || r.batch > d.model.batch) return false;
  return in_range(o.rate, 0, 1e6) && in_range(o.momentum, 0, 1) && in_range(o.beta1, 0, 0.9999999) &&
         in_range(o.beta2, 0, 0.9999999) && in_range(o.epsilon, 0, 1e6) && in_range(o.l2, 0, 1e6) &&
         in_range(o.clip_norm, 0, 1e12);
}

static inline uint32_t steps_in_all(uint32_t rows, const TrainRequest& r) {
  const uint64_t all = (uint64_t)r.epochs * ((rows + r.batch - 1) / r.batch);
  const uint64_t most = r.max_steps > 0 && r.max_steps < all ? r.max_steps : all;
  return most > 0xffffffffu ? 0xffffffffu : (uint32_t)most;
}

/** class_weights: in the message, `count` floats. */
static inline Outcome begin_job(Device* d, const TrainRequest& r, const uint8_t* class_weights, uint32_t count) {
  Job* job = &d->job;
  if (!d->has_model) return outcome(NO_MODEL);
  if ((job->state == JOB_RUNS || job->state == JOB_DONE) && same_bytes(job->key, r.key, KEY)) return outcome(OK);
  if (works(*d)) return outcome(BUSY);
  if (!d->has_weights) return outcome(NO_WEIGHTS);
  const uint32_t held = rows_held(d->rows);
  if (held == 0 || !rows_in_order(d->rows)) return outcome(NO_SAMPLES);
  const uint32_t outputs = output_size(d->model), classes = outputs == 1 ? 2 : outputs;
  if (!options_fit(*d, r) || (count != 0 && (d->model.target != CLASS_INDEX || count != classes))) return outcome(BAD_OPTIONS);
  float* weights = floats_at(*d, d->memory.class_weights);
  for (uint32_t i = 0; i < count; i++) {
    weights[i] = get_f32(class_weights + 4 * i);
    if (!finite(weights[i]) || weights[i] < 0) return outcome(BAD_OPTIONS, i);
  }
  drop_scratch(d);
  copy_bytes(job->key, r.key, KEY);
  job->state = JOB_RUNS;
  job->code = OK;
  job->update = r.update;
  job->unheard = 0;
  job->rows = held;
  job->steps = 0;
  job->total = steps_in_all(held, r);
  job->began = d->hal.now(d->hal.self);
  job->told = job->began;
  job->loss = job->first_loss = 0;
  job->bytes = 0;
  Training* t = &d->training;
  t->options = r.options;
  t->epochs = r.epochs;
  t->batch = r.batch < held ? r.batch : held;
  t->max_steps = r.max_steps;
  t->random = seeded(r.seed);
  t->order = d->rows.order;
  d->samples = samples_of(*d, d->rows.features, d->rows.targets, held);
  if (count > 0) d->samples.class_weights = weights;
  begin_training(t, &d->model, d->samples);
  return outcome(OK);
}

/** The global weights are in use again. */
static inline void end_job(Device* d, uint8_t state, uint8_t code) {
  put_all_weights(d->model, floats_at(*d, d->memory.global));
  d->job.state = state;
  d->job.code = code;
  d->job.unheard = 1;
  d->job.took = d->hal.now(d->hal.self) - d->job.began;
}

/** local - global into the scratch, which no training needs any more; false: it is not finite. */
static inline bool make_update(Device* d) {
  const Model& m = d->model;
  float* change = reinterpret_cast<float*>(scratch(*d));
  const float* global = floats_at(*d, d->memory.global);
  get_numbers(m, m.weights, change, 0, m.parameters);
  for (uint32_t i = 0; i < m.parameters; i++) {
    if (!finite(change[i])) return false;
    change[i] -= global[i];
    if (!finite(change[i])) return false;
  }
  uint32_t bytes = m.parameters * 4;
  if (d->job.update == 8) bytes = quantize_update(m, change);
  if (bytes == 0) return false;
  Sha256 sum;
  sha256_begin(&sum);
  sha256_add(&sum, scratch(*d), bytes);
  sha256_end(&sum, d->job.hash);
  d->job.bytes = bytes;
  return true;
}

/** Some steps of the training that runs. */
static inline void work_on_job(Device* d) {
  Job* job = &d->job;
  const uint32_t now = d->hal.now(d->hal.self);
  for (int k = 0; k < SLICE_STEPS && d->hal.now(d->hal.self) == now; k++) {
    const int done = train(&d->training, &d->model, d->samples, 1);
    if (done < 0) {
      end_job(d, JOB_FAILED, done == BAD_CLASS ? NO_SUCH_CLASS : BAD_OPTIONS);
      return;
    }
    job->steps += (uint32_t)done;
    if (done > 0 && job->steps < job->total) continue;
    const Training& t = d->training;
    job->loss = t.seen > 0 ? t.loss / t.seen : 0;
    job->first_loss = t.first_seen > 0 ? t.first_loss / t.first_seen : 0;
    const bool good = make_update(d) && finite(job->loss) && finite(job->first_loss);
    end_job(d, good ? JOB_DONE : JOB_FAILED, good ? OK : DIVERGED);
    return;
  }
}

}  // namespace board
}  // namespace fl
#endif
