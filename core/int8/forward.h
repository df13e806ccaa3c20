// Runs an opened network on one row.
#ifndef FL_INT8_FORWARD_H
#define FL_INT8_FORWARD_H
#include "elementwise_kernels.h"
#include "window_kernels.h"

namespace fl {
namespace int8 {

/** The input's codes are at the arena's start; gives the place of the output's. */
static inline const int8_t* run(const Network& n, uint8_t* arena) {
  int8_t* base = reinterpret_cast<int8_t*>(arena);
  for (uint32_t i = 0; i < n.count; i++) {
    const Operator& o = n.operators[i];
    int8_t* x = base + o.input;
    int8_t* y = base + o.output;
    switch (o.code) {
      case CONV_2D:
        convolve(o, n.file, x, y);
        break;
      case DEPTHWISE_CONV_2D:
        convolve_depthwise(o, n.file, x, y);
        break;
      case MAX_POOL_2D:
      case AVERAGE_POOL_2D:
        pool(o, x, y);
        break;
      case FULLY_CONNECTED:
        multiply_dense(o, n.file, x, y);
        break;
      default:
        transform(o, x);
    }
  }
  return base + n.operators[n.count - 1].output;
}

/** From the input's codes to the output's. */
static inline void forward(const Network& n, uint8_t* arena, const int8_t* in, int8_t* out) {
  for (uint32_t i = 0; i < n.inputs; i++) arena[i] = (uint8_t)in[i];
  const int8_t* result = run(n, arena);
  for (uint32_t i = 0; i < n.outputs; i++) out[i] = result[i];
}

/** The code of a number: to the nearest, halves away from zero, saturated; NaN gives the least. */
FL_INLINE int8_t quantised(float x, const Quantisation& q) {
  const float steps = x / q.scale;
  const float bounded = steps > 512 ? 512 : steps > -512 ? steps : -512;
  return (int8_t)clamped(nearest(bounded) + q.zero, -128, 127);
}

FL_INLINE float dequantised(int8_t code, const Quantisation& q) { return q.scale * (float)((int32_t)code - q.zero); }

/** From numbers to numbers, through the scales and zero points of the file. */
static inline void forward_float(const Network& n, uint8_t* arena, const float* in, float* out) {
  for (uint32_t i = 0; i < n.inputs; i++) arena[i] = (uint8_t)quantised(in[i], n.input);
  const int8_t* result = run(n, arena);
  for (uint32_t i = 0; i < n.outputs; i++) out[i] = dequantised(result[i], n.output);
}

}  // namespace int8
}  // namespace fl
#endif
