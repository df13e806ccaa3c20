// The fields of TRAIN. Version 2 has more behind those of version 1; of what a host of version 1 does not say there is none.
#ifndef FL_BOARD_TRAIN_REQUEST_H
#define FL_BOARD_TRAIN_REQUEST_H
#include "job.h"

namespace fl {
namespace board {

/** Behind the class weights, since version 2. */
static inline void read_more(Reader* r, uint8_t flags, TrainRequest* t) {
  t->focal_gamma = r->f64();
  t->lipschitz = r->f64();
  Adversary* a = &t->adversary;
  a->method = r->u8();
  a->steps = r->u32();
  a->epsilon = r->f64();
  a->step_size = r->f64();
  a->share = r->f64();
  a->random = seeded(r->u32());
  t->frozen_count = r->u8();
  t->frozen = r->bytes(8 * t->frozen_count);
  for (int k = 0; k < VECTORS; k++) t->vectors[k] = flags & (TRAIN_CONTROL << k) ? r->bytes(KEY) : 0;
}

static inline Outcome take_train(Device* d, Reader* r, Writer* w) {
  TrainRequest t = TrainRequest();
  const uint8_t* key = r->bytes(KEY);
  if (key) copy_bytes(t.key, key, KEY);
  t.update = r->u8();
  t.options.kind = r->u8();
  const uint8_t flags = r->u8();
  t.work = r->u8();
  t.full_batch = (flags & TRAIN_FULL_BATCH) != 0;
  t.epochs = r->u32();
  t.batch = r->u32();
  t.max_steps = r->u32();
  t.seed = r->u32();
  t.options.rate = r->f64();
  t.options.momentum = r->f64();
  t.options.beta1 = r->f64();
  t.options.beta2 = r->f64();
  t.options.epsilon = r->f64();
  t.options.l2 = r->f64();
  t.options.clip_norm = r->f64();
  t.proximal = r->f64();
  const uint32_t count = r->u16();
  const uint8_t* weights = r->bytes(4 * count);
  const bool more = d->link.spoken > 1;
  if (more) read_more(r, flags, &t);
  if (!r->whole() || flags > (more ? TRAIN_FLAGS : 0) || t.work > (more ? START_GRADIENT : TRAINING)) {
    return outcome(MALFORMED_MESSAGE);
  }
  const Outcome o = begin_job(d, t, weights, count);
  w->u32(d->job.total);
  return o;
}

}  // namespace board
}  // namespace fl
#endif
