// local - global as it leaves the board: float by float, or with 8 bits exactly as lib/update/codecs/quantize.ts codes it
// (symmetric grid, one a tensor, to the nearest).
#ifndef FL_BOARD_UPDATE_H
#define FL_BOARD_UPDATE_H
#include "../kernels/quantize.h"
#include "../weights.h"
#include "bytes.h"

namespace fl {
namespace board {

/** The tensors of a model in the order of the flat vector: kernel and bias of each layer. */
enum { MAX_TENSORS = 2 * MAX_LAYERS };
static inline uint32_t tensors_of(const Model& m, uint32_t* sizes) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < m.layer_count; i++) {
    const Layer& l = m.layers[i];
    if (l.kernel_rows > 0) sizes[n++] = l.kernel_rows * l.out.channels;
    if (l.kernel_rows > 0 && l.has_bias) sizes[n++] = l.out.channels;
  }
  return n;
}

/** 2^e as a double, -1022 <= e <= 1023. */
FL_INLINE double power(int e) {
  Double d;
  d.bits = (uint64_t)(e + 1023) << 52;
  return d.value;
}

/** The least number with so many significant bits, and no finer than float32, that is not below a value from 0 to 2^128. */
static inline double round_up(double value, int significant_bits) {
  if (value == 0) return 0;
  Double d;
  d.value = value;
  int e = (int)((d.bits >> 52) & 0x7ff) - 1023 - significant_bits + 1;
  if (e < -149) e = -149;
  const double unit = power(e), steps = value / unit;
  uint32_t whole = (uint32_t)steps;
  if ((double)whole < steps) whole++;
  return (double)whole * unit;
}

static const double LARGEST = 3.4028234663852886e38;

/** The step of a symmetric grid of 8 bits over n numbers; negative: some code would not be finite. */
static inline float grid_step(const float* v, uint32_t n) {
  float low = v[0], high = v[0];
  for (uint32_t i = 1; i < n; i++) {
    low = v[i] < low ? v[i] : low;
    high = v[i] > high ? v[i] : high;
  }
  const double most = -(double)low > (double)high ? -(double)low : (double)high;
  const double step = round_up(most / 127, 16);
  return step > LARGEST || step * 255 > LARGEST - step * 127 ? -1.0f : (float)step;
}

/** `delta`, m.parameters floats, becomes its 8-bit payload in place; bytes, or 0 when it has no finite grid. */
static inline uint32_t quantize_update(const Model& m, float* delta) {
  uint32_t sizes[MAX_TENSORS];
  float steps[MAX_TENSORS];
  const uint32_t tensors = tensors_of(m, sizes);
  for (uint32_t t = 0, from = 0; t < tensors; from += sizes[t++]) {
    steps[t] = grid_step(delta + from, sizes[t]);
    if (steps[t] < 0) return 0;
  }
  // A code goes where numbers lie that have been read: it is a quarter as long. Then the steps get their place in front.
  uint8_t* out = reinterpret_cast<uint8_t*>(delta);
  uint32_t coded = 0;
  for (uint32_t t = 0; t < tensors; t++) {
    float scales[4], zeros[4];
    for (int k = 0; k < 4; k++) {
      scales[k] = steps[t];
      zeros[k] = -127.0f * steps[t];
    }
    for (uint32_t done = 0, n = 0; done < sizes[t]; done += n) {
      n = sizes[t] - done < CODES ? sizes[t] - done : (uint32_t)CODES;
      uint8_t codes[CODES];
      quantize(delta + coded, n, 8, scales, zeros, 4, 0, codes);
      copy_bytes(out + coded, codes, n);
      coded += n;
    }
  }
  for (uint32_t k = coded; k-- > 0;) out[4 * tensors + k] = out[k];
  for (uint32_t t = 0; t < tensors; t++) put_f32(out + 4 * t, steps[t]);
  return 4 * tensors + coded;
}

}  // namespace board
}  // namespace fl
#endif
