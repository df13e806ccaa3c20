// Frames of docs/board-protocol.md, section 1.
#ifndef FL_BOARD_FRAME_H
#define FL_BOARD_FRAME_H
#include "../kernels/crc32.h"
#include "bytes.h"
#include "cobs.h"

namespace fl {
namespace board {

#ifndef FL_BOARD_PAYLOAD
#define FL_BOARD_PAYLOAD 1008
#endif

enum { HELLO = 0x11, WELCOME = 0x12, DATA = 0x13, ACK = 0x14, LOST = 0x15, BYE = 0x16 };
enum { PING = 1 };
enum { FRAME_HEAD = 16, FRAME_CRC = 4, MAX_PAYLOAD = FL_BOARD_PAYLOAD, MAX_FRAME = FRAME_HEAD + MAX_PAYLOAD + FRAME_CRC };
/** A frame on the line: a zero in front, its bytes, two zeros behind. */
enum { MAX_ENCODED = cobs_bytes(MAX_FRAME) + 3 };

struct Head {
  uint8_t kind, flags;
  uint32_t session;
  uint16_t seq, ack;
  uint32_t sack;
  uint16_t credit;
};

/** False: too short, or damaged. */
static inline bool read_frame(const uint8_t* raw, uint32_t n, Head* h) {
  if (n < FRAME_HEAD + FRAME_CRC || crc32(raw, n - FRAME_CRC, 0) != get32(raw + n - FRAME_CRC)) return false;
  h->kind = raw[0];
  h->flags = raw[1];
  h->session = get32(raw + 2);
  h->seq = get16(raw + 6);
  h->ack = get16(raw + 8);
  h->sack = get32(raw + 10);
  h->credit = get16(raw + 14);
  return true;
}

/** raw has room for MAX_FRAME bytes, n <= MAX_PAYLOAD; how many bytes the frame has. */
static inline uint32_t write_frame(const Head& h, const uint8_t* payload, uint32_t n, uint8_t* raw) {
  raw[0] = h.kind;
  raw[1] = h.flags;
  put32(raw + 2, h.session);
  put16(raw + 6, h.seq);
  put16(raw + 8, h.ack);
  put32(raw + 10, h.sack);
  put16(raw + 14, h.credit);
  copy_bytes(raw + FRAME_HEAD, payload, n);
  put32(raw + FRAME_HEAD + n, crc32(raw, FRAME_HEAD + n, 0));
  return FRAME_HEAD + n + FRAME_CRC;
}

}  // namespace board
}  // namespace fl
#endif
