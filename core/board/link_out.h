// What goes to the host: messages stay in their slots until they are acknowledged. A serial line keeps order, so a frame is
// lost when one that was sent later has come.
#ifndef FL_BOARD_LINK_OUT_H
#define FL_BOARD_LINK_OUT_H
#include "link_in.h"

namespace fl {
namespace board {

#ifndef FL_BOARD_SEND_SLOTS
#define FL_BOARD_SEND_SLOTS 8
#endif
enum { SEND_SLOTS = FL_BOARD_SEND_SLOTS };
static_assert(SEND_SLOTS >= 2 && SEND_SLOTS <= 32 && (SEND_SLOTS & (SEND_SLOTS - 1)) == 0, "as the slots of link_in.h");

/**
 * The board does not know how fast the line carries what it has handed over: a byte takes less than LINE_US microseconds, as at
 * 115,200 baud.
 */
enum { FIRST_WAIT_MS = 500, LEAST_WAIT_MS = 30, MOST_WAIT_MS = 2000, LINE_US = 100 };

/** Half of the window in which numbers are compared. */
enum { MOST_CREDIT = 0x4000 };

struct SendSlot {
  uint16_t length;
  bool acked, lost;
  uint8_t times;
  /** Places in the order of sending: of the first time that may still arrive, and of the last. */
  uint32_t first_order, last_order;
  uint32_t sent_at;
  uint8_t bytes[MAX_PAYLOAD];
};

struct LinkOut {
  /** The oldest that is not acknowledged, the next that was never sent, the next that will be written. */
  uint16_t oldest, unsent, next;
  /** First number that the host does not take yet. */
  uint16_t limit;
  uint32_t order;
  /**
   * Last time that something was acknowledged; smoothed round trip in eighths of a millisecond, 0: none yet, and its mean
   * deviation in quarters; timeouts in a row. As TCP has it (RFC 6298).
   */
  uint32_t progress_at, round_trip8, deviation4;
  uint8_t timeouts;
  uint32_t again;
  SendSlot slots[SEND_SLOTS];
};

static inline void out_begin(LinkOut* out, uint16_t credit, uint32_t now) {
  out->oldest = out->unsent = out->next = 0;
  out->limit = credit < MOST_CREDIT ? credit : (uint16_t)MOST_CREDIT;
  out->order = 0;
  out->progress_at = now;
  out->round_trip8 = out->deviation4 = 0;
  out->timeouts = 0;
}

static inline uint32_t out_room(const LinkOut& out) { return SEND_SLOTS - (uint16_t)(out.next - out.oldest); }

static inline uint32_t out_wait(const LinkOut& out) {
  uint32_t bytes = 0;
  for (uint16_t seq = out.oldest; seq != out.unsent; seq++) {
    const SendSlot& s = out.slots[seq % SEND_SLOTS];
    if (!s.acked) bytes += s.length + FRAME_HEAD + FRAME_CRC;
  }
  const uint32_t line = LEAST_WAIT_MS + bytes * LINE_US / 1000;
  const uint32_t slack = out.deviation4 > line ? out.deviation4 : line;
  const uint32_t base = out.round_trip8 == 0 ? (uint32_t)FIRST_WAIT_MS : out.round_trip8 / 8 + slack;
  const uint32_t wait = base << (out.timeouts < 4 ? out.timeouts : 4);
  return wait < MOST_WAIT_MS ? wait : (uint32_t)MOST_WAIT_MS;
}

static inline void out_acked(LinkOut* out, SendSlot* s, uint32_t now, uint32_t* newest) {
  if (s->acked) return;
  s->acked = true;
  if (s->first_order > *newest) *newest = s->first_order;
  if (s->times == 1) {
    const uint32_t took = now - s->sent_at, smooth = out->round_trip8 / 8;
    if (out->round_trip8 == 0) {
      out->round_trip8 = took * 8 + 1;
      out->deviation4 = took * 2;
    } else {
      const uint32_t apart = took > smooth ? took - smooth : smooth - took;
      out->deviation4 = out->deviation4 - out->deviation4 / 4 + apart;
      out->round_trip8 = out->round_trip8 - smooth + took;
    }
  }
  out->timeouts = 0;
  out->progress_at = now;
}

/** Ack, sack and credit of a frame that came. What they cannot mean is passed over. */
static inline void out_heard(LinkOut* out, const Head& h, uint32_t now) {
  const uint16_t sent = (uint16_t)(out->unsent - out->oldest);
  const uint16_t acked = (uint16_t)(h.ack - out->oldest);
  if (acked > sent) return;
  uint32_t newest = 0;
  for (uint16_t k = 0; k < sent; k++) {
    const uint16_t seq = (uint16_t)(out->oldest + k);
    const uint16_t after = (uint16_t)(seq - h.ack - 1);
    if (k < acked || (seq != h.ack && after < 32 && ((h.sack >> after) & 1))) {
      out_acked(out, &out->slots[seq % SEND_SLOTS], now, &newest);
    }
  }
  out->oldest = h.ack;
  out->limit = (uint16_t)(h.ack + (h.credit < MOST_CREDIT ? h.credit : (uint16_t)MOST_CREDIT));
  for (uint16_t seq = out->oldest; seq != out->unsent; seq++) {
    SendSlot* s = &out->slots[seq % SEND_SLOTS];
    if (!s->acked && s->last_order < newest) s->lost = true;
  }
}

/** The frame to send now: a lost one, one that was waited for too long (*ping), or a new one; or null. */
static inline SendSlot* out_next(LinkOut* out, uint32_t now, uint16_t* seq, bool* ping) {
  *ping = false;
  for (uint16_t s = out->oldest; s != out->unsent; s++) {
    if (out->slots[s % SEND_SLOTS].lost) {
      *seq = s;
      return &out->slots[s % SEND_SLOTS];
    }
  }
  if (out->oldest != out->unsent) {
    SendSlot* first = &out->slots[out->oldest % SEND_SLOTS];
    const uint32_t wait = out_wait(*out);
    if (now - first->sent_at >= wait && now - out->progress_at >= wait) {
      if (out->timeouts < 8) out->timeouts++;
      *seq = out->oldest;
      *ping = true;
      return first;
    }
  }
  if (out->unsent != out->next && ahead(out->limit, out->unsent) > 0) {
    *seq = out->unsent++;
    return &out->slots[*seq % SEND_SLOTS];
  }
  return 0;
}

static inline void out_sent(LinkOut* out, SendSlot* s, uint32_t now) {
  s->last_order = ++out->order;
  // What was lost by evidence cannot arrive any more: its next sending is the first that can.
  if (s->times == 0 || s->lost) s->first_order = s->last_order;
  if (s->times > 0) out->again++;
  if (s->times < 255) s->times++;
  s->lost = false;
  s->sent_at = now;
}

/** Where the next message goes, MAX_PAYLOAD bytes; only while out_room() is not 0. */
static inline uint8_t* out_write(LinkOut* out) { return out->slots[out->next % SEND_SLOTS].bytes; }
static inline void out_written(LinkOut* out, uint32_t n) {
  SendSlot* s = &out->slots[out->next % SEND_SLOTS];
  s->length = (uint16_t)n;
  s->acked = s->lost = false;
  s->times = 0;
  out->next++;
}

}  // namespace board
}  // namespace fl
#endif
