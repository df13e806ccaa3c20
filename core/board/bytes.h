// Bodies of messages, byte by byte: nothing in them is aligned, and nothing is read or written past its end.
#ifndef FL_BOARD_BYTES_H
#define FL_BOARD_BYTES_H
#include <stdint.h>

namespace fl {
namespace board {

static inline uint16_t get16(const uint8_t* p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t get32(const uint8_t* p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline void put16(uint8_t* p, uint32_t v) {
  p[0] = (uint8_t)v;
  p[1] = (uint8_t)(v >> 8);
}
static inline void put32(uint8_t* p, uint32_t v) {
  for (int k = 0; k < 4; k++) p[k] = (uint8_t)(v >> (8 * k));
}

/** Compiled once, not into each of many callers. */
#define FL_ONCE __attribute__((noinline, unused))

union Single {
  float value;
  uint32_t bits;
};
union Double {
  double value;
  uint64_t bits;
};

static inline float get_f32(const uint8_t* p) {
  Single s;
  s.bits = get32(p);
  return s.value;
}
static inline void put_f32(uint8_t* p, float v) {
  Single s;
  s.value = v;
  put32(p, s.bits);
}
static inline bool finite(float v) {
  Single s;
  s.value = v;
  return (s.bits & 0x7f800000u) != 0x7f800000u;
}
static inline bool finite(double v) {
  Double d;
  d.value = v;
  return (d.bits & 0x7ff0000000000000ull) != 0x7ff0000000000000ull;
}

FL_ONCE static void copy_bytes(uint8_t* to, const uint8_t* from, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) to[i] = from[i];
}
FL_ONCE static bool same_bytes(const uint8_t* a, const uint8_t* b, uint32_t n) {
  uint32_t difference = 0;
  for (uint32_t i = 0; i < n; i++) difference |= (uint32_t)(a[i] ^ b[i]);
  return difference == 0;
}
FL_ONCE static void clear_bytes(uint8_t* to, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) to[i] = 0;
}

/** Reads a body from front to back. Past the end it gives zeros and is `bad` from then on. */
struct Reader {
  const uint8_t* at;
  uint32_t left;
  bool bad;

  const uint8_t* bytes(uint32_t n) {
    if (n > left) {
      bad = true;
      left = 0;
      return 0;
    }
    const uint8_t* p = at;
    at += n;
    left -= n;
    return p;
  }
  uint8_t u8() {
    const uint8_t* p = bytes(1);
    return p ? *p : 0;
  }
  uint16_t u16() {
    const uint8_t* p = bytes(2);
    return p ? get16(p) : 0;
  }
  uint32_t u32() {
    const uint8_t* p = bytes(4);
    return p ? get32(p) : 0;
  }
  float f32() {
    const uint8_t* p = bytes(4);
    return p ? get_f32(p) : 0;
  }
  double f64() {
    const uint8_t* p = bytes(8);
    Double d;
    d.bits = p ? (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32 : 0;
    return d.value;
  }
  /** Nothing was missing, nothing is left. */
  bool whole() const { return !bad && left == 0; }
};

/** Writes a body from front to back; what does not fit is not written, and `full` then. */
struct Writer {
  uint8_t* start;
  uint32_t length, room;
  bool full;

  uint8_t* take(uint32_t n) {
    if (n > room - length) {
      full = true;
      return 0;
    }
    uint8_t* p = start + length;
    length += n;
    return p;
  }
  void u8(uint32_t v) {
    if (uint8_t* p = take(1)) *p = (uint8_t)v;
  }
  void u16(uint32_t v) {
    if (uint8_t* p = take(2)) put16(p, v);
  }
  void u32(uint32_t v) {
    if (uint8_t* p = take(4)) put32(p, v);
  }
  void f32(float v) {
    if (uint8_t* p = take(4)) put_f32(p, v);
  }
  void f64(double v) {
    Double d;
    d.value = v;
    if (uint8_t* p = take(8)) {
      put32(p, (uint32_t)d.bits);
      put32(p + 4, (uint32_t)(d.bits >> 32));
    }
  }
  void bytes(const uint8_t* from, uint32_t n) {
    if (uint8_t* p = take(n)) copy_bytes(p, from, n);
  }
};

}  // namespace board
}  // namespace fl
#endif
