// Numbers to codes of 1 to 16 bits and back, packed without gaps, least significant bit first. One scale and zero for each
// of the interleaved channels.
#ifndef FL_KERNELS_QUANTIZE_H
#define FL_KERNELS_QUANTIZE_H
#include "../random.h"

namespace fl {

/** To the nearest integer, ties to even, of 0 <= x < 2^22. */
FL_INLINE uint32_t nearest(float x) { return (uint32_t)((x + 8388608.0f) - 8388608.0f); }

/** random: null rounds to nearest; else up with the probability of the fraction. A number that is not finite gives code 0. */
static inline void quantize(const float* v, uint32_t n, uint32_t bits, const float* scales, const float* zeros,
                            uint32_t channels, Random* random, uint8_t* out) {
  const float top = (float)((1u << bits) - 1);
  uint32_t held = 0, buffer = 0, c = 0;
  float scale = scales[0], zero = zeros[0];
  for (uint32_t i = 0; i < n; i++) {
    float x = (v[i] - zero) / scale;
    if (!(x > 0)) x = 0;  // and a NaN, of 0 / 0
    if (x > top) x = top;
    uint32_t code;
    if (random) {
      code = (uint32_t)x;
      if ((float)(next(random) >> 8) * 0x1p-24f < x - (float)code) code++;
    } else {
      code = nearest(x);
    }
    if (!(scale > 0)) code = 0;
    buffer |= code << held;
    held += bits;
    while (held >= 8) {
      *out++ = (uint8_t)buffer;
      buffer >>= 8;
      held -= 8;
    }
    if (channels > 1) {
      if (++c == channels) c = 0;
      scale = scales[c];
      zero = zeros[c];
    }
  }
  if (held > 0) *out = (uint8_t)buffer;
}

static inline void dequantize(const uint8_t* in, uint32_t n, uint32_t bits, const float* scales, const float* zeros,
                              uint32_t channels, float* out) {
  const uint32_t low = (1u << bits) - 1;
  uint32_t held = 0, buffer = 0, c = 0;
  float scale = scales[0], zero = zeros[0];
  for (uint32_t i = 0; i < n; i++) {
    while (held < bits) {
      buffer |= (uint32_t)*in++ << held;
      held += 8;
    }
    out[i] = zero + (float)(buffer & low) * scale;
    buffer >>= bits;
    held -= bits;
    if (channels > 1) {
      if (++c == channels) c = 0;
      scale = scales[c];
      zero = zeros[c];
    }
  }
}

}  // namespace fl
#endif
