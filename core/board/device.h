// The two functions that a machine calls.
#ifndef FL_BOARD_DEVICE_H
#define FL_BOARD_DEVICE_H
#include "requests.h"

namespace fl {
namespace board {

enum { RECEIVE_BYTES = 256 };

/** Once, at the start of the machine; takes what the flash holds. */
static inline void start(Device* d, const Parts& parts) {
  // Its memory may be that of a board that was switched off in the middle of something.
  clear_bytes(reinterpret_cast<uint8_t*>(d), sizeof(Device));
  d->hal = *parts.hal;
  d->identity = *parts.identity;
  d->engine = parts.backbone ? *parts.backbone : int8::core_backbone(&d->core_engine);
  d->arena = parts.arena;
  d->arena_bytes = parts.arena_bytes;
  link_start(&d->link);
  d->rows.capacity = 1;
  drop_model(d);
  restore(d);
}

/** For ever: takes what came, does one slice of work, sends. True: there is more to do at once. */
static inline bool poll(Device* d) {
  uint8_t bytes[RECEIVE_BYTES];
  const uint32_t n = d->hal.receive(d->hal.self, bytes, RECEIVE_BYTES);
  if (n > 0 && n <= RECEIVE_BYTES) link_receive(&d->link, bytes, n, d->hal.now(d->hal.self));
  // A session that ended or began takes away what was asked for in the one before.
  if (d->reading.what != READ_NOTHING && (d->link.session == 0 || d->link.fresh)) {
    d->reading.what = READ_NOTHING;
    d->reading.open = false;
  }
  if (d->link.fresh) d->sense.consumed = 0;
  d->link.fresh = false;
  bool more = take_message(d);
  poll_sensor(d);
  if (trains(*d)) work_on_job(d);
  else if (d->evaluation.runs) work_on_evaluation(d);
  if (work_on_reading(d)) more = true;
  tell_events(d);
  link_send(&d->link, d->hal, greet, d);
  return more || n > 0 || works(*d);
}

}  // namespace board
}  // namespace fl
#endif
