// What the board says of itself: WELCOME, STATUS, and how a job or an evaluation ended.
#ifndef FL_BOARD_TELL_H
#define FL_BOARD_TELL_H
#include "state.h"

namespace fl {
namespace board {

enum { NAME_BYTES = 32, PROGRESS_MS = 250 };

/** The payload of WELCOME, at most 80 bytes. */
static inline uint32_t greet(const void* device, uint8_t version, uint8_t* payload) {
  const Device& d = *static_cast<const Device*>(device);
  Writer w = {payload, 0, 80, false};
  w.u8(version);
  w.u8(LOWEST_VERSION);
  w.u8(HIGHEST_VERSION);
  w.u8(d.identity.reset_reason);
  w.u32(d.identity.boot);
  w.u16(MAX_PAYLOAD);
  w.u16(SLOTS);
  w.u32(d.identity.ring);
  w.bytes(d.identity.id, sizeof(d.identity.id));
  w.u32(d.arena_bytes);
  w.u16(MAX_LAYERS);
  w.u8(d.engine.name[0] == 't' ? 2 : 1);
  w.u32(d.identity.sensors);
  w.u8(d.identity.firmware_major);
  w.u8(d.identity.firmware_minor);
  uint32_t n = 0;
  while (n < NAME_BYTES && d.identity.name[n] != 0) n++;
  w.u8(n);
  w.bytes(reinterpret_cast<const uint8_t*>(d.identity.name), n);
  return w.length;
}

static inline void tell_status(const Device& d, Writer* w) {
  static const uint8_t none[KEY] = {0};
  w->u8(state_of(d));
  w->bytes(d.has_model ? d.loaded.key : none, KEY);
  w->bytes(d.has_weights ? d.weights_hash : none, KEY);
  w->bytes(d.job.key, KEY);
  w->u8(d.job.state);
  w->u32(d.job.steps);
  w->u32(d.job.total);
  w->u32(d.has_model ? rows_held(d.rows) : 0);
  w->u32(d.has_model ? d.rows.taken : 0);
  w->u16(d.row_numbers);
  w->u32(d.has_model ? d.rows.capacity : 0);
  w->bytes(d.has_backbone ? d.backbone_hash : none, KEY);
  w->u8(d.staged.kind);
  w->bytes(d.staged.kind ? d.staged.hash : none, KEY);
  w->u32(d.staged.kind ? d.staged.received : 0);
  w->u32(d.link.refused);
  w->u32(d.messages_refused);
  w->u32(d.link.out.again);
}

static inline void tell_job(const Job& job, Writer* w) {
  w->bytes(job.key, KEY);
  w->u8(job.state);
  w->u8(job.code);
  w->u32(job.rows);
  w->u32(job.steps);
  w->f64(job.loss);
  w->f64(job.first_loss);
  w->u32(job.took);
  w->u32(job.state == JOB_DONE ? job.bytes : 0);
  w->bytes(job.hash, HASH);
}

/** Events that are due, as long as there is room beside an answer. */
static inline void tell_events(Device* d) {
  if (d->link.session == 0 || d->reading.open) return;
  const uint32_t now = d->hal.now(d->hal.self);
  for (; out_room(d->link.out) >= 2;) {
    Writer w = link_writer(&d->link);
    if (d->job.unheard) {
      d->job.unheard = 0;
      w.u8(JOB);
      w.u8(0);
      tell_job(d->job, &w);
    } else if (d->evaluation.unheard) {
      d->evaluation.unheard = false;
      w.u8(EVALUATION);
      w.u8(0);
      w.u8(d->evaluation.code);
      w.u32(d->evaluation.row);
      w.f64(d->evaluation.code == OK ? d->evaluation.loss : 0);
      w.u32(d->evaluation.hits);
    } else if (d->log_length > 0) {
      w.u8(LOG);
      w.u8(0);
      w.u8(d->log_level);
      w.bytes(d->log, d->log_length);
      d->log_length = 0;
    } else if (trains(*d) && now - d->job.told >= PROGRESS_MS) {
      d->job.told = now;
      w.u8(PROGRESS);
      w.u8(0);
      w.u32(d->job.steps);
      w.u32(d->job.total);
    } else {
      return;
    }
    // What does not fit the host's frames is left out.
    if (!w.full) out_written(&d->link.out, w.length);
  }
}

/** A button of the board. */
static inline void button(Device* d, bool pressed, uint32_t number) {
  if (d->link.session == 0 || d->reading.open || out_room(d->link.out) < 2) return;
  Writer w = link_writer(&d->link);
  w.u8(BUTTON);
  w.u8(0);
  w.u8(pressed);
  w.u32(number);
  out_written(&d->link.out, w.length);
}

}  // namespace board
}  // namespace fl
#endif
