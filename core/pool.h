#ifndef FL_POOL_H
#define FL_POOL_H
#include "model.h"
namespace fl {
static inline void pool_forward(const Layer&, const real*, real*, uint32_t) {}
static inline void pool_backward(const Layer&, const real*, const real*, uint32_t, real*) {}
}  // namespace fl
#endif
