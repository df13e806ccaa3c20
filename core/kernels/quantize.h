// Numbers to codes of 1 to 16 bits and back, packed without gaps, least significant bit first. Scales and zeros come for a
// whole `row` of numbers, a multiple of 4, and repeat with each row.
#ifndef FL_KERNELS_QUANTIZE_H
#define FL_KERNELS_QUANTIZE_H
#include "../random.h"

namespace fl {

typedef float floats __attribute__((vector_size(16), may_alias, aligned(4)));
typedef uint32_t words __attribute__((vector_size(16), may_alias, aligned(4)));

/** Codes at a time: of any width they fill whole bytes. */
enum { CODES = 256 };

FL_INLINE words choose(words m, words a, words b) { return (a & m) | (b & ~m); }

/** 2^23: added to 0 <= x < 2^22 it leaves the nearest integer, ties to even, in the low bits. */
static const float INTEGER_BITS = 8388608.0f;

/** Codes of four numbers. A scale that is not positive, or a number that is none, gives code 0. */
FL_INLINE words codes_of(floats v, floats scale, floats zero, float top, Random* random) {
  const floats none = {0, 0, 0, 0};
  floats x = (v - zero) / scale;
  x = (floats)((words)x & (words)(x > none) & (words)(scale > none));
  const floats most = none + top;
  x = (floats)choose((words)(x < most), (words)x, (words)most);
  const floats shifted = x + INTEGER_BITS;
  words code = (words)shifted & 0x3fffffu;
  if (random) {
    const floats nearest = shifted - INTEGER_BITS;
    const words above = (words)(nearest > x);  // all ones: one too much for the floor
    code += above;
    floats draw = none;
    for (int k = 0; k < 4; k++) draw[k] = (float)(next(random) >> 8) * 0x1p-24f;
    const floats one = none + 1.0f;
    const floats fraction = (x - nearest) + (floats)((words)one & above);
    code -= (words)(draw < fraction);
  }
  return code;
}

/** Packs n codes; returns where the next ones go. Only the last call may have an n that does not fill its bytes. */
static inline uint8_t* pack(const uint32_t* codes, uint32_t n, uint32_t bits, uint8_t* out) {
  if (bits == 8) {
    for (uint32_t i = 0; i < n; i++) out[i] = (uint8_t)codes[i];
    return out + n;
  }
  uint64_t buffer = 0;
  uint32_t held = 0;
  for (uint32_t i = 0; i < n; i++) {
    buffer |= (uint64_t)codes[i] << held;
    for (held += bits; held >= 8; held -= 8, buffer >>= 8) *out++ = (uint8_t)buffer;
  }
  if (held > 0) *out++ = (uint8_t)buffer;
  return out;
}

static inline const uint8_t* unpack(const uint8_t* in, uint32_t n, uint32_t bits, uint32_t* codes) {
  if (bits == 8) {
    for (uint32_t i = 0; i < n; i++) codes[i] = in[i];
    return in + n;
  }
  const uint32_t low = (1u << bits) - 1;
  uint32_t held = 0, buffer = 0;
  for (uint32_t i = 0; i < n; i++) {
    for (; held < bits; held += 8) buffer |= (uint32_t)*in++ << held;
    codes[i] = buffer & low;
    buffer >>= bits;
    held -= bits;
  }
  return in;
}

/** random: null rounds to nearest; else up with the probability of the fraction. */
static inline void quantize(const float* v, uint32_t n, uint32_t bits, const float* scales, const float* zeros, uint32_t row,
                            Random* random, uint8_t* out) {
  const float top = (float)((1u << bits) - 1);
  uint32_t codes[CODES];
  for (uint32_t from = 0, c = 0; from < n; from += CODES) {
    const uint32_t count = n - from < CODES ? n - from : (uint32_t)CODES;
    for (uint32_t i = 0; i < count; i += 4) {
      floats x = {0, 0, 0, 0};
      if (i + 4 <= count) {
        x = *(const floats*)(v + from + i);
      } else {
        for (uint32_t k = 0; i + k < count; k++) x[k] = v[from + i + k];
      }
      *(words*)(codes + i) = codes_of(x, *(const floats*)(scales + c), *(const floats*)(zeros + c), top, random);
      c = c + 4 == row ? 0 : c + 4;
    }
    out = pack(codes, count, bits, out);
  }
}

static inline void dequantize(const uint8_t* in, uint32_t n, uint32_t bits, const float* scales, const float* zeros,
                              uint32_t row, float* out) {
  uint32_t codes[CODES];
  for (uint32_t from = 0, c = 0; from < n; from += CODES) {
    const uint32_t count = n - from < CODES ? n - from : (uint32_t)CODES;
    in = unpack(in, count, bits, codes);
    for (uint32_t i = 0; i < count; i += 4) {
      // Codes are below 2^16, so their conversion is exact however it is done.
      const floats whole = (floats)((*(const words*)(codes + i)) | 0x4b000000u) - INTEGER_BITS;
      const floats x = *(const floats*)(zeros + c) + whole * *(const floats*)(scales + c);
      if (i + 4 <= count) {
        *(floats*)(out + from + i) = x;
      } else {
        for (uint32_t k = 0; i + k < count; k++) out[from + i + k] = x[k];
      }
      c = c + 4 == row ? 0 : c + 4;
    }
  }
}

/** Least and greatest number of each place of a row of `row` numbers, a multiple of 4, over all rows. */
static inline void ranges(const float* v, uint32_t n, uint32_t row, float* low, float* high) {
  for (uint32_t c = 0; c < row; c++) low[c] = high[c] = v[c < n ? c : n - 1];
  for (uint32_t from = row; from < n; from += row) {
    const uint32_t count = n - from < row ? n - from : row;
    uint32_t c = 0;
    for (; c + 4 <= count; c += 4) {
      const floats x = *(const floats*)(v + from + c), l = *(const floats*)(low + c), h = *(const floats*)(high + c);
      *(floats*)(low + c) = (floats)choose((words)(x < l), (words)x, (words)l);
      *(floats*)(high + c) = (floats)choose((words)(x > h), (words)x, (words)h);
    }
    for (; c < count; c++) {
      if (v[from + c] < low[c]) low[c] = v[from + c];
      if (v[from + c] > high[c]) high[c] = v[from + c];
    }
  }
}

}  // namespace fl
#endif
