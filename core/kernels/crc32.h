// CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320), eight bytes a turn.
#ifndef FL_KERNELS_CRC32_H
#define FL_KERNELS_CRC32_H
#include <stdint.h>

namespace fl {

struct CrcTables {
  uint32_t slice[8][256];
  constexpr CrcTables() : slice() {
    for (uint32_t n = 0; n < 256; n++) {
      uint32_t c = n;
      for (int k = 0; k < 8; k++) c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
      slice[0][n] = c;
    }
    for (uint32_t n = 0; n < 256; n++) {
      for (int k = 1; k < 8; k++) slice[k][n] = (slice[k - 1][n] >> 8) ^ slice[0][slice[k - 1][n] & 0xff];
    }
  }
};
static constexpr CrcTables crc_tables = CrcTables();

static inline uint32_t crc32(const uint8_t* bytes, uint32_t n, uint32_t crc) {
  const uint32_t(*t)[256] = crc_tables.slice;
  crc = ~crc;
  for (; n >= 8; n -= 8, bytes += 8) {
    const uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    crc = t[7][low & 0xff] ^ t[6][(low >> 8) & 0xff] ^ t[5][(low >> 16) & 0xff] ^ t[4][low >> 24] ^ t[3][bytes[4]] ^
          t[2][bytes[5]] ^ t[1][bytes[6]] ^ t[0][bytes[7]];
  }
  for (; n > 0; n--, bytes++) crc = (crc >> 8) ^ t[0][(crc ^ *bytes) & 0xff];
  return ~crc;
}

}  // namespace fl
#endif
