// READ: an update, the weights or statistics to the host, message after message, a number of the statistics at each poll.
#ifndef FL_BOARD_READ_H
#define FL_BOARD_READ_H
#include "use.h"

namespace fl {
namespace board {

/** code, tag, status, offset */
enum { READ_HEAD = 7 };

static inline uint32_t statistics_bytes(const Device& d) { return 8 * (1 + 2 * d.memory.width); }

/** Whether what the key names is there (`length` bytes of it), or why not. */
static inline Outcome readable(const Device& d, uint8_t what, const uint8_t* key, uint32_t* length) {
  if (!d.has_model) return outcome(NO_MODEL);
  if (what == READ_UPDATE) {
    *length = d.job.bytes;
    return outcome(d.job.state == JOB_DONE && same_bytes(d.job.key, key, KEY) ? OK : NO_RESULT);
  }
  if (what == READ_WEIGHTS) {
    *length = d.model.parameters * 4;
    if (!d.has_weights) return outcome(NO_WEIGHTS);
    return outcome(same_bytes(d.weights_hash, key, KEY) ? OK : CHANGED);
  }
  *length = statistics_bytes(d);
  if (rows_held(d.rows) == 0 || !rows_in_order(d.rows)) return outcome(NO_SAMPLES);
  return outcome(get32(key) == d.rows.taken && get32(key + 4) == 0 ? OK : CHANGED, d.rows.taken);
}

static inline Outcome begin_reading(Device* d, uint8_t tag, Reader* r) {
  const uint8_t what = r->u8();
  const uint8_t* key = r->bytes(KEY);
  const uint32_t offset = r->u32(), bytes = r->u32();
  const uint16_t block = r->u16();
  if (!r->whole() || what < READ_UPDATE || what > READ_STATISTICS) return outcome(MALFORMED_MESSAGE);
  uint32_t length = 0;
  const Outcome o = readable(*d, what, key, &length);
  if (o.code != OK) return o;
  if (what == READ_STATISTICS && (offset % 8 != 0 || bytes % 8 != 0 || block < 8)) return outcome(MALFORMED_MESSAGE);
  if (bytes == 0 || bytes > length || offset > length - bytes || block == 0) return outcome(MESSAGE_TOO_LARGE, length);
  Reading* reading = &d->reading;
  reading->what = what;
  reading->tag = tag;
  copy_bytes(reading->key, key, KEY);
  reading->offset = offset;
  reading->end = offset + bytes;
  const uint32_t most = d->link.host_payload - READ_HEAD;
  reading->block = (uint16_t)(block < most ? block : most);
  reading->open = false;
  return outcome(OK);
}

static inline uint8_t read_byte(const Device& d, uint32_t offset) {
  if (d.reading.what == READ_UPDATE) return scratch(d)[offset];
  return (d.arena + d.memory.global)[offset];
}

/** Puts a little more into the message that is being made, or begins or ends one. True: there is more to do at once. */
static inline bool work_on_reading(Device* d) {
  Reading* reading = &d->reading;
  if (reading->what == READ_NOTHING) return false;
  // One slot stays free for answers.
  if (!reading->open && out_room(d->link.out) < 2) return false;
  uint32_t length = 0;
  const bool changed = readable(*d, reading->what, reading->key, &length).code != OK;
  if (!reading->open || changed) {
    reading->open = true;
    reading->writer = link_writer(&d->link);
    reading->writer.u8(READ + ANSWER);
    reading->writer.u8(reading->tag);
    reading->writer.u8(changed ? CHANGED : OK);
    reading->writer.u32(changed ? d->rows.taken : reading->offset);
  }
  if (changed) {
    reading->what = READ_NOTHING;
    reading->open = false;
    out_written(&d->link.out, reading->writer.length);
    return true;
  }
  Writer* w = &reading->writer;
  uint32_t n = reading->end - reading->offset;
  const uint32_t left = (uint32_t)reading->block + READ_HEAD - w->length;
  if (reading->what == READ_STATISTICS) {
    w->f64(statistic(d->rows, reading->offset / 8));
    n = n < 8 ? n : 8;
  } else {
    n = n < left ? n : left;
    for (uint32_t i = 0; i < n; i++) w->u8(read_byte(*d, reading->offset + i));
  }
  reading->offset += n;
  const bool full = reading->offset >= reading->end || (reading->what == READ_STATISTICS ? left < 16 : true);
  if (full) {
    out_written(&d->link.out, w->length);
    reading->open = false;
    if (reading->offset >= reading->end) reading->what = READ_NOTHING;
  }
  return true;
}

}  // namespace board
}  // namespace fl
#endif
