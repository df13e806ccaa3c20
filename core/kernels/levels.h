// Numbers to a few signed levels at random, so that the mean is right, and the levels to as few bits as they need: trits five to
// a byte (TernGrad, arXiv 1705.07878) and Elias' omega code (QSGD, arXiv 1610.02132).
#ifndef FL_KERNELS_LEVELS_H
#define FL_KERNELS_LEVELS_H
#include "quantize.h"
#include "vector.h"

namespace fl {

/** round(v / step) up or down at random, -most to most. A step that is not positive gives 0. */
static inline void random_levels(const float* v, uint32_t n, float step, uint32_t most, Random* random, int16_t* out) {
  const floats none = {0, 0, 0, 0};
  const words sign_off = {0x7fffffffu, 0x7fffffffu, 0x7fffffffu, 0x7fffffffu};
  for (uint32_t i = 0; i < n; i += 4) {
    const uint32_t some = n - i < 4 ? n - i : 4;
    floats x = none;
    if (some == 4) {
      x = *(const floats*)(v + i);
    } else {
      for (uint32_t k = 0; k < some; k++) x[k] = v[i + k];
    }
    const words code = codes_of((floats)((words)x & sign_off), none + step, none, (float)most, random);
    const words below = (words)(x < none);  // all ones, or 0: (code ^ below) - below is -code there
    const words level = (code ^ below) - below;
    for (uint32_t k = 0; k < some; k++) out[i + k] = (int16_t)level[k];
  }
}

enum { TRITS = 5, MOST_TRITS = 243 };

/** Levels -1, 0, 1 as trits 2, 0, 1, the first one the lowest. */
static inline void pack_trits(const int16_t* levels, uint32_t n, uint8_t* out) {
  for (uint32_t i = 0; i < n; i += TRITS) {
    uint32_t byte = 0;
    for (uint32_t k = n - i < TRITS ? n - i : (uint32_t)TRITS; k-- > 0;) {
      const int16_t level = levels[i + k];
      byte = 3 * byte + (uint32_t)(level < 0 ? 2 : level);
    }
    *out++ = (uint8_t)byte;
  }
}

/** `step` times each level. False where a byte is none of five trits. */
static inline bool unpack_trits(const uint8_t* in, uint32_t n, float step, float* out) {
  const float values[3] = {0, step, -step};
  for (uint32_t i = 0; i < n; i += TRITS) {
    uint32_t byte = *in++;
    if (byte >= MOST_TRITS) return false;
    for (uint32_t k = 0; k < TRITS && i + k < n; k++, byte /= 3) out[i + k] = values[byte % 3];
  }
  return true;
}

/** A stream of bits, the first one the lowest of its byte. Writes nothing where `out` is null: only counts. */
struct BitWriter {
  uint8_t* out;
  uint64_t buffer;
  uint32_t held;
  uint32_t bytes;
};

FL_INLINE void write_bits(BitWriter* w, uint32_t bits, uint32_t count) {
  w->buffer |= (uint64_t)bits << w->held;
  for (w->held += count; w->held >= 8; w->held -= 8, w->buffer >>= 8) {
    if (w->out) w->out[w->bytes] = (uint8_t)w->buffer;
    w->bytes++;
  }
}

struct Omega {
  uint32_t code;
  uint32_t count;
};

/** Elias' omega code of 1 to 65535, 23 bits at most: before a 0 the number in binary, before that its length less 1, and so on. */
static inline Omega omega_of(uint32_t number) {
  Omega made = {0, 1};
  while (number > 1) {
    uint32_t length = 0, reversed = 0;
    for (uint32_t rest = number; rest > 0; rest >>= 1, length++) reversed = reversed << 1 | (rest & 1);
    made.code = made.code << length | reversed;
    made.count += length;
    number = length - 1;
  }
  return made;
}

/** The codes that occur often, made once. */
struct OmegaTable {
  enum { COUNT = 257 };
  Omega of[COUNT];
};

static inline void make_omegas(OmegaTable* table) {
  table->of[0] = Omega{0, 0};
  for (uint32_t number = 1; number < OmegaTable::COUNT; number++) table->of[number] = omega_of(number);
}

FL_INLINE void write_omega(BitWriter* w, const OmegaTable& table, uint32_t number) {
  const Omega code = number < OmegaTable::COUNT ? table.of[number] : omega_of(number);
  write_bits(w, code.code, code.count);
}

struct BitReader {
  const uint8_t* in;
  uint32_t bits;
  uint32_t at;
};

/** 0 or 1; 2 where the stream has ended. */
FL_INLINE uint32_t read_bit(BitReader* r) {
  if (r->at >= r->bits) return 2;
  const uint32_t bit = r->in[r->at >> 3] >> (r->at & 7) & 1;
  r->at++;
  return bit;
}

/** 0 where there is none of 1 to 65535. */
FL_INLINE uint32_t read_omega(BitReader* r) {
  uint32_t number = 1;
  for (;;) {
    const uint32_t more = read_bit(r);
    if (more == 0) return number;
    if (more == 2 || number > 15) return 0;
    uint32_t value = 1;
    for (uint32_t k = 0; k < number; k++) {
      const uint32_t bit = read_bit(r);
      if (bit == 2) return 0;
      value = value << 1 | bit;
    }
    number = value;
  }
}

/**
 * The levels of one bucket. dense: of each |level| + 1, then a sign (1: below 0) unless it is 0. sparse: how many are not 0, plus 1; of each
 * of them how far it is behind the last (the first: its place, counted from 1), its sign, its |level|.
 */
static inline void write_levels(BitWriter* w, const OmegaTable& table, const int16_t* levels, uint32_t n,
                                bool sparse) {
  if (sparse) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += levels[i] != 0;
    write_omega(w, table, count + 1);
  }
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; i++) {
    const int32_t level = levels[i];
    const uint32_t size = (uint32_t)(level < 0 ? -level : level);
    if (sparse) {
      if (size == 0) continue;
      write_omega(w, table, i + 1 - last);
      last = i + 1;
      write_bits(w, level < 0, 1);
      write_omega(w, table, size);
    } else {
      write_omega(w, table, size + 1);
      if (size > 0) write_bits(w, level < 0, 1);
    }
  }
}

/** `step` times each level of a bucket. False where the stream ends too early or holds what no levels up to `most` give. */
static inline bool read_levels(BitReader* r, uint32_t n, uint32_t most, bool sparse, float step, float* out) {
  if (!sparse) {
    for (uint32_t i = 0; i < n; i++) {
      const uint32_t code = read_omega(r);
      if (code == 0 || code > most + 1) return false;
      const uint32_t sign = code > 1 ? read_bit(r) : 0;
      if (sign == 2) return false;
      const float size = (float)(code - 1) * step;
      out[i] = sign ? -size : size;
    }
    return true;
  }
  for (uint32_t i = 0; i < n; i++) out[i] = 0;
  const uint32_t count = read_omega(r);
  if (count == 0 || count > n + 1) return false;
  uint32_t place = 0;
  for (uint32_t k = 1; k < count; k++) {
    const uint32_t gap = read_omega(r);
    if (gap == 0 || gap > n - place) return false;
    place += gap;
    const uint32_t sign = read_bit(r), level = read_omega(r);
    if (sign == 2 || level == 0 || level > most) return false;
    const float size = (float)level * step;
    out[place - 1] = sign ? -size : size;
  }
  return true;
}

/** Levels of all buckets, each in steps of its norm over `most`. */
static inline void bucket_levels(const float* v, uint32_t n, uint32_t bucket, uint32_t most, Random* random, float* steps,
                                 int16_t* out) {
  for (uint32_t from = 0; from < n; from += bucket) {
    const uint32_t some = n - from < bucket ? n - from : bucket;
    const float step = (float)(__builtin_sqrt(squared_norm(v + from, some)) / (double)most);
    *steps++ = step;
    random_levels(v + from, some, step, most, random, out + from);
  }
}

/** Bytes that the levels of all buckets take; the spare bits of the last one are 0. Only counts where `out` is null. */
static inline uint32_t write_buckets(const int16_t* levels, uint32_t n, uint32_t bucket, bool sparse, uint8_t* out) {
  BitWriter w = {out, 0, 0, 0};
  OmegaTable table;
  make_omegas(&table);
  for (uint32_t from = 0; from < n; from += bucket) {
    write_levels(&w, table, levels + from, n - from < bucket ? n - from : bucket, sparse);
  }
  if (w.held > 0) write_bits(&w, 0, 8 - w.held);
  return w.bytes;
}

/** False unless the bytes hold just the levels of all buckets. */
static inline bool read_buckets(const uint8_t* in, uint32_t bytes, uint32_t n, uint32_t bucket, uint32_t most, bool sparse,
                                const float* steps, float* out) {
  BitReader r = {in, bytes * 8, 0};
  for (uint32_t from = 0; from < n; from += bucket) {
    const uint32_t some = n - from < bucket ? n - from : bucket;
    if (!read_levels(&r, some, most, sparse, *steps++, out + from)) return false;
  }
  if (r.bits - r.at >= 8) return false;
  while (r.at < r.bits) {
    if (read_bit(&r) != 0) return false;
  }
  return true;
}

}  // namespace fl
#endif
