// TRAIN: a slice of it at each poll, and at its end the update, or what the rows say of the weights in use.
#ifndef FL_BOARD_JOB_H
#define FL_BOARD_JOB_H
#include "use.h"

namespace fl {
namespace board {

/** Steps of an attack on a batch, at most: nothing else is done meanwhile. */
enum { SLICE_STEPS = 16, MOST_ATTACK_STEPS = 100 };

struct TrainRequest {
  uint8_t key[KEY];
  uint8_t update, work;
  Options options;
  bool full_batch;
  uint32_t epochs, batch, max_steps, seed;
  double proximal, focal_gamma, lipschitz;
  Adversary adversary;
  /** In the message: of each range of numbers that do not learn, the first and how many. */
  const uint8_t* frozen;
  uint32_t frozen_count;
  /** Names of the vectors that it takes, or null. */
  const uint8_t* vectors[VECTORS];
};

static inline bool in_range(double v, double low, double high) { return v >= low && v <= high; }

static inline bool options_fit(const Device& d, const TrainRequest& r) {
  const Options& o = r.options;
  if (r.update != 0 && (r.update != 8 || r.work != TRAINING)) return false;
  if (o.kind < SGD || o.kind > ADAM || d.model.slots < (uint32_t)o.kind) return false;
  if (r.epochs < 1 || r.batch < 1 || r.batch > d.model.batch) return false;
  return in_range(o.rate, 0, 1e6) && in_range(o.momentum, 0, 1) && in_range(o.beta1, 0, 0.9999999) &&
         in_range(o.beta2, 0, 0.9999999) && in_range(o.epsilon, 0, 1e6) && in_range(o.l2, 0, 1e6) &&
         in_range(o.clip_norm, 0, 1e12) && in_range(r.proximal, 0, 1e6) && in_range(r.focal_gamma, 0, 100) &&
         in_range(r.lipschitz, 0, 1e6);
}

static inline bool adversary_fits(const Device& d, const TrainRequest& r) {
  const Adversary& a = r.adversary;
  if (a.method == NO_ATTACK) return true;
  if (a.method > PGD || r.full_batch || d.model.target == OWN_INPUT) return false;
  const bool pgd = a.method == PGD;
  return a.epsilon > 0 && in_range(a.epsilon, 0, 1e6) && in_range(a.share, 0, 1) &&
         (!pgd || (a.steps >= 1 && a.steps <= MOST_ATTACK_STEPS && in_range(a.step_size, 0, 1e6)));
}

/** Checks and keeps them. */
static inline bool take_frozen(Device* d, const TrainRequest& r) {
  if (r.frozen_count > MAX_TENSORS) return false;
  for (uint32_t i = 0; i < r.frozen_count; i++) {
    const uint32_t first = get32(r.frozen + 8 * i), n = get32(r.frozen + 8 * i + 4);
    if (first > d->model.parameters || n > d->model.parameters - first) return false;
    d->job.frozen[2 * i] = first;
    d->job.frozen[2 * i + 1] = n;
  }
  return true;
}

static inline uint32_t steps_in_all(uint32_t rows, const TrainRequest& r) {
  if (r.work != TRAINING) return 0;
  const uint64_t all = (uint64_t)r.epochs * (r.full_batch ? 1 : (rows + r.batch - 1) / r.batch);
  const uint64_t most = r.max_steps > 0 && r.max_steps < all ? r.max_steps : all;
  return most > 0xffffffffu ? 0xffffffffu : (uint32_t)most;
}

/** Control and anchor as the training takes them: that of TRAIN, else the global weights pull. False: what is named is not here. */
static inline bool terms_of(const Device& d, const TrainRequest& r, Terms* t) {
  for (int k = 0; k < VECTORS; k++) {
    const Vector& v = d.vectors[k];
    if (r.vectors[k] && !(v.there && same_bytes(v.hash, r.vectors[k], KEY))) return false;
  }
  t->proximal = r.proximal;
  t->lipschitz = r.lipschitz;
  t->frozen = d.job.frozen;
  t->frozen_count = r.frozen_count;
  t->control = r.vectors[0] ? vector_at(d, 0) : 0;
  t->anchor = r.vectors[1] ? vector_at(d, 1) : floats_at(d, d.memory.global);
  return true;
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
  if (!options_fit(*d, r) || !adversary_fits(*d, r) || !take_frozen(d, r)) return outcome(BAD_OPTIONS);
  if (count != 0 && (d->model.target != CLASS_INDEX || count != classes)) return outcome(BAD_OPTIONS);
  Terms terms = Terms();
  if (!terms_of(*d, r, &terms)) return outcome(NO_TRANSFER);
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
  job->work = r.work;
  job->pass.seen = 0;
  job->pass.loss = 0;
  job->unheard = 0;
  job->rows = held;
  job->steps = 0;
  job->total = steps_in_all(held, r);
  job->began = d->hal.now(d->hal.self);
  job->told = job->began;
  job->loss = job->first_loss = 0;
  job->bytes = 0;
  clear_bytes(job->hash, HASH);
  Training* t = &d->training;
  t->options = r.options;
  t->terms = terms;
  t->full_batch = r.full_batch;
  t->adversary = r.adversary;
  t->epochs = r.epochs;
  t->batch = r.batch < held ? r.batch : held;
  t->max_steps = r.max_steps;
  t->random = seeded(r.seed);
  t->order = d->rows.order;
  d->samples = samples_of(*d, d->rows.features, d->rows.targets, held);
  if (count > 0) d->samples.class_weights = weights;
  d->samples.focal_gamma = r.focal_gamma;
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

/** What the host may READ of the job: so many bytes of the scratch. */
static inline void seal(Device* d, uint32_t bytes) {
  Sha256 sum;
  sha256_begin(&sum);
  sha256_add(&sum, scratch(*d), bytes);
  sha256_end(&sum, d->job.hash);
  d->job.bytes = bytes;
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
  const uint32_t bytes = d->job.update == 8 ? quantize_update(m, change) : m.parameters * 4;
  if (bytes == 0) return false;
  seal(d, bytes);
  return true;
}

/** The mean gradient lies where the scratch begins: its rows move together in place, each to where it lay or before. */
static inline bool make_gradient(Device* d) {
  const Model& m = d->model;
  float* flat = reinterpret_cast<float*>(scratch(*d));
  get_numbers(m, m.gradient, flat, 0, m.parameters);
  if (!all_finite(flat, m.parameters)) return false;
  seal(d, m.parameters * 4);
  return true;
}

/** A batch or chunk more. 1: there are more; 0: that was all; or a refusal. */
static inline int work_a_batch(Device* d) {
  Job* job = &d->job;
  Training* t = &d->training;
  if (job->work != TRAINING) {
    const int refused = pass_on(&job->pass, d->model, d->samples, t->batch, job->work == START_GRADIENT);
    return refused ? refused : job->pass.seen < d->samples.count;
  }
  const int done = train(t, &d->model, d->samples, 1);
  job->steps = t->steps;
  return done < 0 ? done : done > 0 && t->steps < job->total;
}

/** All is done; false: what it gave is not finite. */
static inline bool finish_work(Device* d) {
  Job* job = &d->job;
  const Training& t = d->training;
  if (job->work != TRAINING) {
    job->loss = job->first_loss = job->pass.loss / job->pass.seen;
    return (job->work == START_LOSS || make_gradient(d)) && finite(job->loss);
  }
  job->loss = t.seen > 0 ? t.loss / t.seen : 0;
  job->first_loss = t.first_seen > 0 ? t.first_loss / t.first_seen : 0;
  return make_update(d) && finite(job->loss) && finite(job->first_loss);
}

/** Some steps of the job that runs. */
static inline void work_on_job(Device* d) {
  const uint32_t now = d->hal.now(d->hal.self);
  for (int k = 0; k < SLICE_STEPS && d->hal.now(d->hal.self) == now; k++) {
    const int more = work_a_batch(d);
    if (more > 0) continue;
    if (more < 0) {
      end_job(d, JOB_FAILED, more == BAD_CLASS ? NO_SUCH_CLASS : BAD_OPTIONS);
    } else {
      const bool good = finish_work(d);
      end_job(d, good ? JOB_DONE : JOB_FAILED, good ? OK : DIVERGED);
    }
    return;
  }
}

}  // namespace board
}  // namespace fl
#endif
