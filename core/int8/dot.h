// The sum that most of the time goes to. In integers the order plays no part: where a Cortex-M4 has instructions for two
// products at once they are used, and the sum is the same.
#ifndef FL_INT8_DOT_H
#define FL_INT8_DOT_H
#include "flatbuffer.h"

namespace fl {
namespace int8 {

#if defined(__ARM_FEATURE_DSP) && defined(__arm__) && defined(__thumb2__)

/** The even bytes of `bytes` as two int16, with the halves of `added` on top. */
FL_INLINE uint32_t widened(uint32_t bytes, uint32_t added) {
  uint32_t result;
  __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(added), "r"(bytes));
  return result;
}
/** The odd bytes. */
FL_INLINE uint32_t widened_odd(uint32_t bytes, uint32_t added) {
  uint32_t result;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(added), "r"(bytes));
  return result;
}
FL_INLINE int32_t add_products(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/** Sum of w (x - zero) over n. */
FL_INLINE int32_t dot(const int8_t* w, const int8_t* x, uint32_t n, int32_t zero) {
  const uint32_t minus = (uint32_t)-zero & 0xffffu, offset = minus | minus << 16;
  int32_t sum = 0;
  for (; n >= 4; n -= 4, w += 4, x += 4) {
    const uint32_t weights = get32(reinterpret_cast<const uint8_t*>(w));
    const uint32_t inputs = get32(reinterpret_cast<const uint8_t*>(x));
    sum = add_products(widened(weights, 0), widened(inputs, offset), sum);
    sum = add_products(widened_odd(weights, 0), widened_odd(inputs, offset), sum);
  }
  for (; n > 0; n--) sum += (int32_t)*w++ * ((int32_t)*x++ - zero);
  return sum;
}

#else

/** Sum of w (x - zero) over n. */
FL_INLINE int32_t dot(const int8_t* w, const int8_t* x, uint32_t n, int32_t zero) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += (int32_t)w[i] * ((int32_t)x[i] - zero);
  return sum;
}

#endif

}  // namespace int8
}  // namespace fl
#endif
