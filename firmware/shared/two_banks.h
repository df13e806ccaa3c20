// One block of bytes kept in flash: written to the older of two banks, its header last. Whenever the power goes, one whole
// block is there: the new one or the one before.
#ifndef FL_SHARED_TWO_BANKS_H
#define FL_SHARED_TWO_BANKS_H
#include "../../core/kernels/crc32.h"

namespace fl {

/** Two banks of flash that can be read like memory. What is programmed begins and ends at a multiple of `unit`. */
struct Flash {
  void* self;
  const uint8_t* bank[2];
  uint32_t bank_bytes;
  /** Bytes that are programmed at once; at most 16, a divisor of the header's 16. */
  uint32_t unit;
  bool (*erase)(void* self, int bank);
  bool (*program)(void* self, int bank, uint32_t offset, const uint8_t* bytes, uint32_t n);
};

struct KeptHeader {
  uint32_t magic, number, bytes, crc;
};

enum : uint32_t { KEPT_MAGIC = 0x31544b46u, KEPT_HEADER = sizeof(KeptHeader) };

static inline uint32_t flash_word(const uint8_t* p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/** Bytes of the block in this bank, 0: none that is whole. */
static inline uint32_t kept_bytes(const Flash& flash, int bank, uint32_t* number) {
  const uint8_t* at = flash.bank[bank];
  const uint32_t bytes = flash_word(at + 8);
  if (flash_word(at) != KEPT_MAGIC || bytes == 0 || bytes > flash.bank_bytes - KEPT_HEADER) return 0;
  *number = flash_word(at + 4);
  // The number too: a header that was cut off names another.
  const uint32_t crc = crc32(at + 4, 8, 0);
  return crc32(at + KEPT_HEADER, bytes, crc) == flash_word(at + 12) ? bytes : 0;
}

/** The bank with the newest block, -1: none. */
static inline int newest_bank(const Flash& flash, uint32_t* bytes, uint32_t* number) {
  uint32_t n[2] = {0, 0};
  const uint32_t b[2] = {kept_bytes(flash, 0, &n[0]), kept_bytes(flash, 1, &n[1])};
  if (b[0] == 0 && b[1] == 0) return -1;
  const int newest = b[1] == 0 || (b[0] != 0 && (int32_t)(n[0] - n[1]) > 0) ? 0 : 1;
  *bytes = b[newest];
  *number = n[newest];
  return newest;
}

/** Writes the block; false: it is too long, or the flash refuses. `n` 0 forgets what is kept. */
static inline bool keep(const Flash& flash, const uint8_t* bytes, uint32_t n) {
  if (n == 0) {
    const bool first = flash.erase(flash.self, 0);
    return flash.erase(flash.self, 1) && first;
  }
  if (n > flash.bank_bytes - KEPT_HEADER) return false;
  uint32_t held = 0, number = 0;
  const int newest = newest_bank(flash, &held, &number);
  const int bank = newest == 0 ? 1 : 0;
  KeptHeader header = {KEPT_MAGIC, newest < 0 ? 1 : number + 1, n, 0};
  uint8_t* head = reinterpret_cast<uint8_t*>(&header);
  header.crc = crc32(bytes, n, crc32(head + 4, 8, 0));
  if (!flash.erase(flash.self, bank)) return false;
  const uint32_t whole = n - n % flash.unit;
  if (whole > 0 && !flash.program(flash.self, bank, KEPT_HEADER, bytes, whole)) return false;
  if (whole < n) {
    uint8_t last[16];
    for (uint32_t i = 0; i < flash.unit; i++) last[i] = whole + i < n ? bytes[whole + i] : 0xff;
    if (!flash.program(flash.self, bank, KEPT_HEADER + whole, last, flash.unit)) return false;
  }
  return flash.program(flash.self, bank, 0, head, KEPT_HEADER) && kept_bytes(flash, bank, &number) == n;
}

/** The newest block into `to`; its length, 0: there is none, or it is longer than `most`. */
static inline uint32_t kept(const Flash& flash, uint8_t* to, uint32_t most) {
  uint32_t bytes = 0, number = 0;
  const int bank = newest_bank(flash, &bytes, &number);
  if (bank < 0 || bytes > most) return 0;
  for (uint32_t i = 0; i < bytes; i++) to[i] = flash.bank[bank][KEPT_HEADER + i];
  return bytes;
}

}  // namespace fl
#endif
