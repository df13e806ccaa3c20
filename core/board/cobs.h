// Consistent overhead byte stuffing (Cheshire & Baker, doi:10.1109/90.769765): bytes without a zero among them.
#ifndef FL_BOARD_COBS_H
#define FL_BOARD_COBS_H
#include <stdint.h>

namespace fl {
namespace board {

/** Bytes that n bytes become at most. */
constexpr uint32_t cobs_bytes(uint32_t n) { return n + n / 254 + 1; }

/** To `out`, which has room for cobs_bytes(n); how many bytes. No zero is put behind them. */
static inline uint32_t cobs_encode(const uint8_t* in, uint32_t n, uint8_t* out) {
  uint32_t code_at = 0, length = 1;
  uint8_t code = 1;
  for (uint32_t i = 0; i < n; i++) {
    if (in[i] != 0) {
      out[length++] = in[i];
      code++;
    }
    if (in[i] == 0 || code == 255) {
      // A full block at the very end needs no further code behind it.
      if (in[i] != 0 && i + 1 == n) break;
      out[code_at] = code;
      code_at = length++;
      code = 1;
    }
  }
  out[code_at] = code;
  return length;
}

/** Decodes a stream byte by byte. */
struct CobsReader {
  /** Bytes of the block that are still to come; whether a zero stands before the next block. */
  uint32_t left;
  bool zero;
  uint32_t length;
  /** Something came that is no frame: dropped up to the next zero. */
  bool bad;
  /** A zero has come at all. */
  bool synchronised;
};

static inline void cobs_begin(CobsReader* r) {
  r->left = r->length = 0;
  r->zero = r->bad = false;
}

static inline void cobs_store(CobsReader* r, uint8_t byte, uint8_t* to, uint32_t room) {
  if (r->length >= room) {
    r->bad = true;
  } else {
    to[r->length++] = byte;
  }
}

enum CobsResult { COBS_MORE, COBS_FRAME, COBS_BAD };

/** COBS_FRAME: `to` holds a frame of r->length bytes (call cobs_begin() before the next byte); COBS_BAD: one that is damaged ends. */
static inline CobsResult cobs_byte(CobsReader* r, uint8_t byte, uint8_t* to, uint32_t room) {
  if (byte == 0) {
    const bool some = r->length > 0 || r->zero || r->left > 0 || r->bad;
    const bool good = r->synchronised && !r->bad && r->left == 0;
    const bool counted = r->synchronised && some;
    r->synchronised = true;
    if (counted && good) return COBS_FRAME;
    cobs_begin(r);
    return counted ? COBS_BAD : COBS_MORE;
  }
  if (!r->synchronised || r->bad) return COBS_MORE;
  if (r->left > 0) {
    cobs_store(r, byte, to, room);
    r->left--;
    return COBS_MORE;
  }
  if (r->zero) cobs_store(r, 0, to, room);
  r->left = (uint32_t)byte - 1;
  r->zero = byte != 255;
  return COBS_MORE;
}

}  // namespace board
}  // namespace fl
#endif
