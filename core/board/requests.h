// Each request of docs/board-protocol.md: its fields, what it calls, its answer.
#ifndef FL_BOARD_REQUESTS_H
#define FL_BOARD_REQUESTS_H
#include "keep.h"
#include "read.h"
#include "sensing.h"
#include "tell.h"
#include "train_request.h"

namespace fl {
namespace board {

static inline Outcome take_load(Device* d, Reader* r, Writer* w) {
  Loaded l;
  const uint8_t* key = r->bytes(KEY);
  l.flags = r->u8();
  l.rows = r->u32();
  l.targets = r->u16();
  l.words = r->left / 4;
  if (!key || r->left % 4 != 0 || l.words > PROGRAM_WORDS || l.flags > LOAD_FLAGS) return outcome(MALFORMED_MESSAGE);
  copy_bytes(l.key, key, KEY);
  for (uint32_t i = 0; i < l.words; i++) l.program[i] = (int32_t)r->u32();
  const Outcome o = load(d, l);
  w->u32(d->memory.needed);
  w->u32(d->arena_bytes);
  w->u32(d->rows.capacity);
  return o;
}

static inline Outcome take_begin(Device* d, Reader* r, Writer* w) {
  const uint8_t kind = r->u8(), flags = r->u8();
  const uint32_t bytes = r->u32();
  const uint8_t* hash = r->bytes(HASH);
  if (!r->whole()) return outcome(MALFORMED_MESSAGE);
  uint32_t offset;
  const Outcome o = begin_transfer(d, kind, flags, bytes, hash, &offset);
  w->u32(offset);
  return o;
}

static inline Outcome abort_work(Device* d) {
  if (trains(*d)) end_job(d, JOB_FAILED, BUSY);
  if (d->evaluation.runs) {
    d->evaluation.runs = false;
    d->evaluation.unheard = true;
    d->evaluation.code = BUSY;
  }
  return outcome(OK);
}

/** `silent` is set while the row is not whole. */
static inline Outcome take_predict(Device* d, Reader* r, Writer* w, bool* silent) {
  const uint32_t number = r->u16();
  if (r->bad || r->left % 4 != 0) return outcome(MALFORMED_MESSAGE);
  if (!d->has_model) return outcome(NO_MODEL);
  if (!d->has_weights) return outcome(NO_WEIGHTS);
  if (number == 0) d->probe_numbers = 0;
  if (number != d->probe_numbers) return outcome(WRONG_PLACE, d->probe_numbers);
  const uint32_t width = d->memory.wire_width, n = r->left / 4, outputs = output_size(d->model);
  if (n > width - number) return outcome(MESSAGE_TOO_LARGE, width);
  float* to = floats_at(*d, d->memory.probe);
  for (uint32_t i = 0; i < n; i++) {
    to[number + i] = r->f32();
    if (!finite(to[number + i])) return outcome(NOT_FINITE, number + i);
  }
  d->probe_numbers = number + n;
  *silent = d->probe_numbers < width;
  if (*silent) return outcome(OK);
  d->probe_numbers = 0;
  if (works(*d)) return outcome(BUSY);
  if (outputs * 4 > w->room - w->length) return outcome(MESSAGE_TOO_LARGE, w->room - w->length);
  if (!predict_row(d, to)) return outcome(NOT_FINITE, width);
  for (uint32_t i = 0; i < outputs; i++) w->f32(floats_at(*d, d->memory.outputs)[i]);
  return outcome(OK);
}

static inline Outcome clear_rows(Device* d, uint32_t first) {
  if (!d->has_model) return outcome(NO_MODEL);
  if (first > MOST_FIRST) return outcome(MALFORMED_MESSAGE);
  if (works(*d)) return outcome(BUSY);
  d->rows.first = d->rows.taken = first;
  d->row_numbers = 0;
  return outcome(OK);
}

static inline Outcome forget_all(Device* d) {
  if (trains(*d)) end_job(d, JOB_FAILED, BUSY);
  drop_model(d);
  drop_backbone(d);
  d->rows.first = d->rows.taken = 0;
  return outcome(OK);
}

/**
 * w: behind code, tag and status. `silent`: no answer when it went well. `later`: it is not done with, and is to be taken again
 * when there is more room for what it makes the board say.
 */
static inline Outcome take_request(Device* d, uint8_t code, uint8_t tag, Reader* r, Writer* w, bool* silent, bool* later) {
  const Outcome malformed = outcome(MALFORMED_MESSAGE);
  *silent = code == BLOCK_OF || code == ROWS || code == READINGS || code == READ;
  switch (code) {
    case STATUS:
      if (!r->whole()) return malformed;
      tell_status(*d, w);
      return outcome(OK);
    case LOAD:
      return take_load(d, r, w);
    case BEGIN:
      return take_begin(d, r, w);
    case BLOCK_OF: {
      const uint32_t offset = r->u32();
      return r->bad ? malformed : take_block(d, offset, r->at, r->left);
    }
    case COMMIT: {
      const uint8_t kind = r->u8();
      const uint8_t* hash = r->bytes(HASH);
      return r->whole() ? commit(d, kind, hash) : malformed;
    }
    case READ:
      return begin_reading(d, tag, r);
    case ROWS: {
      const uint32_t row = r->u32(), number = r->u16();
      return r->bad || r->left == 0 || r->left % 4 != 0 ? malformed : take_numbers(d, row, number, r);
    }
    case CLEAR: {
      const uint32_t first = r->u32();
      return r->whole() ? clear_rows(d, first) : malformed;
    }
    case TRAIN:
      return take_train(d, r, w);
    case ABORT:
      return r->whole() ? abort_work(d) : malformed;
    case RESULT: {
      const uint8_t* key = r->bytes(KEY);
      if (!r->whole()) return malformed;
      if (d->job.state < JOB_DONE || !same_bytes(d->job.key, key, KEY)) return outcome(NO_RESULT);
      tell_job(d->job, w);
      return outcome(OK);
    }
    case PREDICT:
      return take_predict(d, r, w, silent);
    case EVALUATE:
      return r->whole() ? begin_evaluation(d) : malformed;
    case SENSE: {
      uint16_t width;
      const Outcome o = begin_sensing(d, r, &width);
      w->u16(width);
      return o;
    }
    case READINGS:
      return take_readings(d, r, later);
    case LABEL: {
      const uint8_t mode = r->u8();
      const int32_t label = (int32_t)r->u32();
      const Outcome o = r->whole() ? label_windows(d, mode, label) : malformed;
      w->u32(d->rows.taken);
      return o;
    }
    case SAVE:
      return r->whole() ? save(d) : malformed;
    case FORGET:
      if (!r->whole()) return malformed;
      return outcome(d->hal.save(d->hal.self, 0, 0) ? OK : STORAGE);
    case RESET: {
      const uint8_t what = r->u8();
      if (!r->whole() || what > 1) return malformed;
      *silent = what == 1;
      if (what == 1) d->hal.reset(d->hal.self);
      return forget_all(d);
    }
    default:
      return outcome(UNKNOWN);
  }
}

/** The next message of the host, if one is there and its answer has room. False: there is none. */
static inline bool take_message(Device* d) {
  const Slot* message = in_message(d->link.in);
  // A message that is being filled for READ is written first.
  if (!message || out_room(d->link.out) == 0 || d->reading.open) return false;
  if (message->length < 2 || message->bytes[1] == 0) {
    d->messages_refused++;
    in_done(&d->link.in);
    return true;
  }
  const uint8_t code = message->bytes[0], tag = message->bytes[1];
  Reader r = {message->bytes + 2, (uint32_t)message->length - 2, false};
  Writer w = link_writer(&d->link);
  w.u8(code | ANSWER);
  w.u8(tag);
  w.u8(OK);
  const uint32_t consumed = d->sense.consumed;
  bool silent, later = false;
  Outcome o = take_request(d, code, tag, &r, &w, &silent, &later);
  // True when it got on a little: then there is more to do at once.
  if (later) return d->sense.consumed != consumed;
  d->sense.consumed = 0;
  if (o.code == OK && w.full) o = outcome(MESSAGE_TOO_LARGE, w.room);
  if (o.code != OK) {
    d->messages_refused++;
    w = link_writer(&d->link);
    w.u8(code | ANSWER);
    w.u8(tag);
    w.u8(o.code);
    w.u32(o.detail);
  }
  if (o.code != OK || !silent) out_written(&d->link.out, w.length);
  in_done(&d->link.in);
  return true;
}

}  // namespace board
}  // namespace fl
#endif
