// What comes from the host: frames wait in slots until their turn, and are handed up in the order of their numbers.
#ifndef FL_BOARD_LINK_IN_H
#define FL_BOARD_LINK_IN_H
#include "../real.h"
#include "frame.h"

namespace fl {
namespace board {

#ifndef FL_BOARD_SLOTS
#define FL_BOARD_SLOTS 8
#endif
enum { SLOTS = FL_BOARD_SLOTS };
static_assert(SLOTS >= 1 && SLOTS <= 32 && (SLOTS & (SLOTS - 1)) == 0, "a frame's slot is its number modulo a power of two");

struct Slot {
  bool full;
  uint16_t length;
  uint8_t bytes[MAX_PAYLOAD];
};

struct LinkIn {
  /** The next number to hand up, and the next that has not come. */
  uint16_t taken, ack;
  /** Answer within 10 ms, or at once. */
  bool owed, at_once;
  uint32_t owed_since;
  uint16_t told_credit;
  Slot slots[SLOTS];
};

FL_INLINE int16_t ahead(uint16_t a, uint16_t b) { return (int16_t)(uint16_t)(a - b); }

static inline void in_begin(LinkIn* in) {
  in->taken = in->ack = 0;
  in->owed = in->at_once = false;
  in->told_credit = SLOTS;
  for (int i = 0; i < SLOTS; i++) in->slots[i].full = false;
}

/** Slots for numbers from ack on: those that hold what is not handed up yet are not among them. */
static inline uint16_t in_credit(const LinkIn& in) { return (uint16_t)(in.taken + SLOTS - in.ack); }

static inline uint32_t in_sack(const LinkIn& in) {
  uint32_t sack = 0;
  for (uint16_t k = 0; k + 1 < in_credit(in); k++) {
    if (in.slots[(uint16_t)(in.ack + 1 + k) % SLOTS].full) sack |= 1u << k;
  }
  return sack;
}

static inline void in_take(LinkIn* in, uint16_t seq, const uint8_t* payload, uint32_t n, uint32_t now) {
  if (!in->owed) in->owed_since = now;
  in->owed = true;
  const int16_t place = ahead(seq, in->ack);
  Slot* slot = &in->slots[seq % SLOTS];
  if (place < 0 || place >= (int16_t)in_credit(*in) || slot->full) {
    in->at_once = true;
    return;
  }
  if (place > 0) in->at_once = true;
  slot->full = true;
  slot->length = (uint16_t)n;
  copy_bytes(slot->bytes, payload, n);
  while (in_credit(*in) > 0 && in->slots[in->ack % SLOTS].full) in->ack++;
}

/** The next message, or null. */
static inline const Slot* in_message(const LinkIn& in) {
  const Slot* slot = &in.slots[in.taken % SLOTS];
  return in.taken != in.ack && slot->full ? slot : 0;
}
static inline void in_done(LinkIn* in) {
  in->slots[in->taken % SLOTS].full = false;
  in->taken++;
  if (in->told_credit == 0) in->owed = in->at_once = true;
}

}  // namespace board
}  // namespace fl
#endif
