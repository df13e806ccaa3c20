// SHA-256 (FIPS 180-4), fed in pieces.
#ifndef FL_KERNELS_SHA256_H
#define FL_KERNELS_SHA256_H
#include <stdint.h>

namespace fl {

struct Sha256 {
  uint32_t state[8];
  uint64_t bytes;
  uint8_t block[64];
};

namespace sha256 {

static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline uint32_t turn(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

static inline void block(uint32_t* state, const uint8_t* p) {
  uint32_t w[16];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | (uint32_t)p[4 * i + 3];
  }
  uint32_t v[8];
  for (int i = 0; i < 8; i++) v[i] = state[i];
  for (int i = 0; i < 64; i++) {
    if (i >= 16) {
      const uint32_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
      w[i & 15] += (turn(x, 7) ^ turn(x, 18) ^ (x >> 3)) + w[(i + 9) & 15] + (turn(y, 17) ^ turn(y, 19) ^ (y >> 10));
    }
    const uint32_t e = v[4], a = v[0];
    const uint32_t one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + rounds[i] + w[i & 15];
    const uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
    for (int k = 7; k > 0; k--) v[k] = v[k - 1];
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

}  // namespace sha256

static inline void sha256_begin(Sha256* h) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int i = 0; i < 8; i++) h->state[i] = first[i];
  h->bytes = 0;
}

static inline void sha256_add(Sha256* h, const uint8_t* bytes, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    h->block[h->bytes++ & 63] = bytes[i];
    if ((h->bytes & 63) == 0) sha256::block(h->state, h->block);
  }
}

/** digest: 32 bytes. What was fed is used up. */
static inline void sha256_end(Sha256* h, uint8_t* digest) {
  const uint64_t bits = h->bytes * 8;
  const uint8_t one = 0x80, none = 0;
  sha256_add(h, &one, 1);
  while ((h->bytes & 63) != 56) sha256_add(h, &none, 1);
  for (int k = 7; k >= 0; k--) {
    const uint8_t byte = (uint8_t)(bits >> (8 * k));
    sha256_add(h, &byte, 1);
  }
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}

}  // namespace fl
#endif
