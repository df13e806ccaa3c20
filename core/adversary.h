// Samples moved against the model, by at most epsilon in each normalised feature: FGSM (Goodfellow 2015, arXiv 1412.6572) and
// PGD (Madry 2018, arXiv 1706.06083); and the training on them.
#ifndef FL_ADVERSARY_H
#define FL_ADVERSARY_H
#include "gradient.h"
#include "random.h"

namespace fl {

enum Attack { NO_ATTACK = 0, FGSM = 1, PGD = 2 };

struct Adversary {
  uint32_t method;  // Attack
  uint32_t steps;   // of PGD, each of step_size
  double epsilon, step_size;
  /** Of the loss, what the moved samples have: 0 to 1. */
  double share;
  /** Where PGD starts. */
  Random random;
};

/** n numbers of x go `step` along the signs of `slope`. */
static inline void step_up(real* x, const real* slope, size_t n, real step) {
  const vec zero = splat(0);
  for (size_t k = 0; k < n; k += LANES) {
    const vec g = load(slope + k), v = load(x + k);
    store(x + k, where_greater(g, zero, v + step, where_greater(zero, g, v - step, v)));
  }
}

/** x back into the box of half the width `epsilon` around `origin`. */
static inline void project(real* x, const real* origin, size_t n, real epsilon) {
  for (size_t k = 0; k < n; k += LANES) {
    const vec middle = load(origin + k);
    store(x + k, minimum(maximum(load(x + k), middle - epsilon), middle + epsilon));
  }
}

/** To a place in the box, each number evenly. The padding stays 0. */
static inline void start_anywhere(const Model& m, Random* random, real* x, uint32_t rows, real epsilon) {
  for (uint32_t p = 0; p < rows * pixels(m.input); p++, x += m.input.stride) {
    for (uint32_t c = 0; c < m.input.channels; c++) {
      const int32_t even = (int32_t)(next(random) >> 8) - (1 << 23);
      x[c] += epsilon * ((real)even / (real)(1 << 23));
    }
  }
}

/** The strip of deltas that backward() did not give. */
FL_INLINE real* other_strip(const Model& m, const real* strip) {
  return m.memory + (strip == m.memory + m.delta_a ? m.delta_b : m.delta_a);
}

/** PGD on the rows in place. */
static inline int descend(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n, Adversary* a) {
  const real epsilon = (real)a->epsilon;
  const size_t size = (size_t)n * numbers(m.input);
  real* x = m.memory + m.input_at;
  start_anywhere(m, &a->random, x, n, epsilon);
  for (uint32_t k = 0; k < a->steps; k++) {
    double unused = 0;
    const int refused = rows_loss(m, s, order, first, n, 1, &unused);
    if (refused) return refused;
    const real* slope = backward(m, n, LOSS_ALONE, true);
    real* origin = other_strip(m, slope);
    step_up(x, slope, size, (real)a->step_size);
    read_features(m, s, order, first, n, origin);
    project(x, origin, size, epsilon);
  }
  return 0;
}

/** Reads the rows and moves them: they are in place afterwards. 0, or a refusal. */
static inline int move_rows(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n, Adversary* a) {
  read_features(m, s, order, first, n, m.memory + m.input_at);
  if (a->method == PGD) return descend(m, s, order, first, n, a);
  double unused = 0;
  const int refused = rows_loss(m, s, order, first, n, 1, &unused);
  if (refused) return refused;
  const real* slope = backward(m, n, LOSS_ALONE, true);
  step_up(m.memory + m.input_at, slope, (size_t)n * numbers(m.input), (real)a->epsilon);
  return 0;
}

/** As rows_gradient over its own n rows, of (1 - share) loss(rows) + share loss(moved rows). */
static inline int adversarial_gradient(const Model& m, const Samples& s, const uint32_t* order, uint32_t first, uint32_t n,
                                       Adversary* a, double* loss) {
  if (m.target == OWN_INPUT) return BAD_LOSS;
  const real share = (real)a->share, of = (real)1 / (real)n;
  double clean = 0, moved = 0;
  const bool both = share < 1;
  int refused = 0;
  if (both) {
    read_features(m, s, order, first, n, m.memory + m.input_at);
    refused = rows_loss(m, s, order, first, n, ((real)1 - share) * of, &clean);
    if (refused) return refused;
  }
  if (both && a->method == FGSM) {
    // One pass gives both the gradient and where the rows go.
    const real* slope = backward(m, n, GRADIENT, true);
    step_up(m.memory + m.input_at, slope, (size_t)n * numbers(m.input), (real)a->epsilon);
  } else {
    if (both) backward(m, n, GRADIENT, false);
    refused = move_rows(m, s, order, first, n, a);
  }
  if (refused == 0) refused = rows_loss(m, s, order, first, n, share * of, &moved);
  if (refused) return refused;
  backward(m, n, both ? ADDED_GRADIENT : GRADIENT, false);
  *loss += (1 - a->share) * clean + a->share * moved;
  return 0;
}

}  // namespace fl
#endif
