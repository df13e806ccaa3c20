// xoshiro128** (Blackman & Vigna, doi:10.1145/3460772) seeded by SplitMix32: the generator of lib/random/generator.ts,
// whose streamSeed() gives the seed.
#ifndef FL_RANDOM_H
#define FL_RANDOM_H
#include "real.h"

namespace fl {

struct Random {
  uint32_t a, b, c, d;
};

FL_INLINE uint32_t rotate(uint32_t x, int k) { return (x << k) | (x >> (32 - k)); }

static inline uint32_t split_mix(uint32_t* state) {
  *state += 0x9e3779b9u;
  uint32_t z = *state;
  z = (z ^ (z >> 16)) * 0x21f0aaadu;
  z = (z ^ (z >> 15)) * 0x735a2d97u;
  return z ^ (z >> 15);
}

static inline Random seeded(uint32_t seed) {
  Random r;
  r.a = split_mix(&seed);
  r.b = split_mix(&seed);
  r.c = split_mix(&seed);
  r.d = split_mix(&seed) | 1;
  return r;
}

FL_INLINE uint32_t next(Random* r) {
  const uint32_t result = rotate(r->b * 5, 7) * 9;
  const uint32_t t = r->b << 9;
  r->c ^= r->a;
  r->d ^= r->b;
  r->b ^= r->c;
  r->a ^= r->d;
  r->c ^= t;
  r->d = rotate(r->d, 11);
  return result;
}

/** An integer in [0, bound), bound > 0, without modulo bias. */
static inline uint32_t below(Random* r, uint32_t bound) {
  const uint32_t rest = (uint32_t)(0u - bound) % bound;  // 2^32 mod bound
  for (;;) {
    const uint32_t value = next(r);
    if (rest == 0 || value < 0u - rest) return value % bound;
  }
}

/** Fisher-Yates, in place. */
static inline void shuffle(Random* r, uint32_t* items, uint32_t count) {
  for (uint32_t i = count; i-- > 1;) {
    const uint32_t j = below(r, i + 1);
    const uint32_t item = items[i];
    items[i] = items[j];
    items[j] = item;
  }
}

}  // namespace fl
#endif
