// Convolutions (stubs in the first push).
#ifndef FL_CONV_H
#define FL_CONV_H
#include "model.h"
namespace fl {
static inline void conv_forward(const Layer&, const real*, const real*, const real*, real*, uint32_t) {}
static inline void conv_weights(const Layer&, const real*, const real*, uint32_t, real*) {}
static inline void conv_inputs(const Layer&, const real*, const real*, uint32_t, real*) {}
static inline void depthwise_forward(const Layer&, const real*, const real*, const real*, real*, uint32_t) {}
static inline void depthwise_weights(const Layer&, const real*, const real*, uint32_t, real*) {}
static inline void depthwise_inputs(const Layer&, const real*, const real*, uint32_t, real*) {}
}  // namespace fl
#endif
