// The link: sessions, and frames both ways. docs/board-protocol.md, sections 2 and 3.
#ifndef FL_BOARD_LINK_H
#define FL_BOARD_LINK_H
#include "hal.h"
#include "link_out.h"

namespace fl {
namespace board {

enum { LOWEST_VERSION = 1, HIGHEST_VERSION = 2 };
enum { SILENCE_MS = 10000, ANSWER_MS = 10, LOST_EVERY_MS = 250, PAUSE_MS = 100 };
/** What the longest answer of a fixed form takes. */
enum { LEAST_HOST_PAYLOAD = 128 };

struct Link {
  /** 0: none. */
  uint32_t session;
  bool data_came;
  /** It began since the device looked last. */
  bool fresh;
  uint16_t host_payload;
  uint32_t heard_at;
  /** Frames that were damaged. */
  uint32_t refused;
  /** Control frames that are due: WELCOME, or LOST for a session. */
  bool welcome;
  uint8_t version;
  /** The version of this session. */
  uint8_t spoken;
  uint32_t welcome_session, lost_session, lost_at;

  LinkIn in;
  LinkOut out;

  CobsReader cobs;
  uint8_t raw[MAX_FRAME];
  /** One encoded frame on its way to the line. */
  uint32_t sending, sent;
  /** Whose message that is: it is waited for from when its last byte has gone. */
  SendSlot* leaving;
  uint32_t quiet_since;
  uint8_t encoded[MAX_ENCODED];
};

static inline void link_start(Link* l) {
  l->session = 0;
  l->data_came = l->fresh = false;
  l->host_payload = MAX_PAYLOAD;
  l->spoken = HIGHEST_VERSION;
  l->heard_at = 0;
  l->refused = 0;
  l->welcome = false;
  l->lost_session = 0;
  l->lost_at = 0;
  l->sending = l->sent = 0;
  l->leaving = 0;
  l->quiet_since = 0;
  l->out.again = 0;
  l->cobs.synchronised = false;
  cobs_begin(&l->cobs);
  in_begin(&l->in);
  out_begin(&l->out, 0, 0);
}

static inline void end_session(Link* l) {
  l->session = 0;
  in_begin(&l->in);
  out_begin(&l->out, 0, 0);
}

static inline void hello(Link* l, const Head& h, const uint8_t* body, uint32_t n, uint32_t now) {
  Reader r = {body, n, false};
  const uint8_t* magic = r.bytes(4);
  if (!magic || !same_bytes(magic, (const uint8_t*)"FLB1", 4)) return;
  const uint8_t lowest = r.u8(), highest = r.u8();
  const uint16_t payload = r.u16(), slots = r.u16();
  if (!r.whole() || h.session == 0 || lowest > highest || payload < LEAST_HOST_PAYLOAD || slots == 0) return;
  const bool speaks = lowest <= HIGHEST_VERSION && highest >= LOWEST_VERSION;
  l->version = !speaks ? 0 : highest < HIGHEST_VERSION ? highest : (uint8_t)HIGHEST_VERSION;
  l->welcome = true;
  l->welcome_session = h.session;
  if (!speaks || (l->session == h.session && !l->data_came)) return;
  l->session = h.session;
  l->spoken = l->version;
  l->data_came = false;
  l->fresh = true;
  l->host_payload = payload < MAX_PAYLOAD ? payload : (uint16_t)MAX_PAYLOAD;
  l->heard_at = now;
  in_begin(&l->in);
  out_begin(&l->out, slots, now);
}

static inline void frame_came(Link* l, uint32_t n, uint32_t now) {
  Head h;
  if (!read_frame(l->raw, n, &h)) {
    l->refused++;
    return;
  }
  const uint8_t* payload = l->raw + FRAME_HEAD;
  const uint32_t length = n - FRAME_HEAD - FRAME_CRC;
  if (h.kind == HELLO) {
    hello(l, h, payload, length, now);
    return;
  }
  if (h.kind != DATA && h.kind != ACK && h.kind != BYE) return;
  if (h.session == 0 || h.session != l->session) {
    if (h.kind != BYE && h.session != 0) l->lost_session = h.session;
    return;
  }
  l->heard_at = now;
  if (h.kind == BYE) {
    end_session(l);
    return;
  }
  out_heard(&l->out, h, now);
  if (h.kind == DATA) {
    l->data_came = true;
    in_take(&l->in, h.seq, payload, length, now);
  }
  if (h.flags & PING) l->in.owed = l->in.at_once = true;
}

/** Bytes that came. */
static inline void link_receive(Link* l, const uint8_t* bytes, uint32_t n, uint32_t now) {
  for (uint32_t i = 0; i < n; i++) {
    const CobsResult result = cobs_byte(&l->cobs, bytes[i], l->raw, MAX_FRAME);
    if (result == COBS_FRAME) {
      frame_came(l, l->cobs.length, now);
      cobs_begin(&l->cobs);
    } else if (result == COBS_BAD) {
      l->refused++;
    }
  }
}

/** One frame to the line. It is made at the end of the buffer and encoded to its front, which never catches up with it. */
static inline void encode(Link* l, const Head& h, const uint8_t* payload, uint32_t n, uint32_t now) {
  uint8_t* raw = l->encoded + MAX_ENCODED - MAX_FRAME;
  const uint32_t length = write_frame(h, payload, n, raw);
  uint32_t at = 0;
  if (now - l->quiet_since >= PAUSE_MS) l->encoded[at++] = 0;
  at += cobs_encode(raw, length, l->encoded + at);
  l->encoded[at++] = 0;
  // A USB packet that is exactly full may wait for the next: one zero more ends it.
  if (at % 64 == 0) l->encoded[at++] = 0;
  l->sending = at;
  l->sent = 0;
  l->quiet_since = now;
}

static inline Head head_of(const Link& l, uint8_t kind, uint32_t session, uint16_t seq) {
  Head h;
  h.kind = kind;
  h.flags = 0;
  h.session = session;
  h.seq = seq;
  const bool mine = session == l.session;
  h.ack = mine ? l.in.ack : (uint16_t)0;
  h.sack = mine ? in_sack(l.in) : 0;
  h.credit = mine ? in_credit(l.in) : (uint16_t)0;
  return h;
}

/** What `welcome` needs, written by the device (greeting.h). */
typedef uint32_t (*Greet)(const void* device, uint8_t version, uint8_t* payload);

/** Makes the next frame when one is due. False: nothing is. */
static inline bool next_frame(Link* l, Greet greet, const void* device, uint32_t now) {
  if (l->welcome) {
    uint8_t payload[80];
    const uint32_t n = greet(device, l->version, payload);
    l->welcome = false;
    encode(l, head_of(*l, WELCOME, l->welcome_session, 0), payload, n, now);
    return true;
  }
  if (l->lost_session != 0) {
    const uint32_t session = l->lost_session;
    l->lost_session = 0;
    if (now - l->lost_at >= LOST_EVERY_MS || l->lost_at == 0) {
      l->lost_at = now | 1;
      encode(l, head_of(*l, LOST, session, 0), 0, 0, now);
      return true;
    }
  }
  if (l->session == 0) return false;
  uint16_t seq;
  bool ping;
  SendSlot* slot = out_next(&l->out, now, &seq, &ping);
  if (!slot && !(l->in.owed && (l->in.at_once || now - l->in.owed_since >= ANSWER_MS))) return false;
  Head h = head_of(*l, slot ? DATA : ACK, l->session, slot ? seq : l->out.unsent);
  if (ping) h.flags = PING;
  l->in.owed = l->in.at_once = false;
  l->in.told_credit = h.credit;
  encode(l, h, slot ? slot->bytes : 0, slot ? slot->length : 0, now);
  if (slot) out_sent(&l->out, slot, now);
  l->leaving = slot;
  return true;
}

/** Sends what is due, as far as the line takes it. */
static inline void link_send(Link* l, const Hal& hal, Greet greet, const void* device) {
  const uint32_t now = hal.now(hal.self);
  if (l->session != 0 && now - l->heard_at >= SILENCE_MS) end_session(l);
  for (;;) {
    while (l->sent < l->sending) {
      const uint32_t left = l->sending - l->sent;
      const uint32_t took = hal.send(hal.self, l->encoded + l->sent, left);
      if (took == 0 || took > left) return;
      l->sent += took;
      l->quiet_since = now;
    }
    if (l->leaving) l->leaving->sent_at = now;
    l->leaving = 0;
    if (!next_frame(l, greet, device, now)) return;
  }
}

/** A writer for the next message to the host; only while out_room() is not 0. */
static inline Writer link_writer(Link* l) {
  Writer w = {out_write(&l->out), 0, l->host_payload, false};
  return w;
}

}  // namespace board
}  // namespace fl
#endif
