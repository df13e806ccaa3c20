// From the gradient of a batch to new weights: first the terms that are added to the gradient, then the clipping of its
// norm, then the rule. Padding has weight and gradient 0, and stays so.
#ifndef FL_OPTIMIZER_H
#define FL_OPTIMIZER_H
#include "lipschitz.h"
#include "weights.h"

namespace fl {

struct Options {
  int32_t kind;  // OptimizerKind; the plan's slots hold 0, 1 or 2 vectors of state
  double rate, momentum, beta1, beta2, epsilon;
  double l2;
  double clip_norm;  // 0: none
};

/**
 * Terms of a federated client. The vectors are the outside's, flat like the weights that it gives (`parameters` numbers,
 * no padding), and must stay where they are while the training runs.
 */
struct Terms {
  /** mu of mu/2 |w - anchor|^2 over all parameters (FedProx, arXiv 1812.06127); needs the anchor. 0: none. */
  double proximal;
  const float* anchor;
  /** Added to each gradient (SCAFFOLD, arXiv 1910.06378: c - c_i). Null: none. */
  const float* control;
  /** Flat numbers that do not learn: `frozen_count` times [first, how many]. 0: all learn. */
  const uint32_t* frozen;
  uint32_t frozen_count;
  /** beta of beta/2 |W^T W - I|^2 over kernels (lipschitz.h). 0: none. */
  double lipschitz;
};

struct AddProximal {
  real mu;
  const real* weights;
  const float* anchor;
  real* gradient;
  void operator()(uint32_t at, uint32_t flat, uint32_t n) const {
    for (uint32_t k = 0; k < n; k++) gradient[at + k] += mu * (weights[at + k] - (real)anchor[flat + k]);
  }
};
struct AddRow {
  const float* from;
  real* to;
  void operator()(uint32_t at, uint32_t flat, uint32_t n) const {
    for (uint32_t k = 0; k < n; k++) to[at + k] += (real)from[flat + k];
  }
};

struct ClearRow {
  real* to;
  void operator()(uint32_t at, uint32_t, uint32_t n) const {
    for (uint32_t k = 0; k < n; k++) to[at + k] = 0;
  }
};

/** L2 on kernels, not on biases: gradient += l2 * w. Then the orthogonality, += mu (w - anchor), += control; 0 where nothing learns. */
static inline void add_terms(const Model& m, const Options& o, const Terms& t) {
  const real l2 = (real)o.l2;
  for (uint32_t i = 0; i < m.layer_count && o.l2 != 0; i++) {
    const Layer& l = m.layers[i];
    const real* w = m.memory + m.weights + l.kernel;
    real* g = m.memory + m.gradient + l.kernel;
    const uint32_t n = l.kernel_rows * l.out.stride;
    for (uint32_t k = 0; k < n; k += LANES) store(g + k, load(g + k) + l2 * load(w + k));
  }
  if (t.lipschitz != 0) add_orthogonality(m, (real)t.lipschitz);
  if (t.proximal != 0) {
    const AddProximal add = {(real)t.proximal, m.memory + m.weights, t.anchor, m.memory + m.gradient};
    each_row(m, 0, m.parameters, add);
  }
  if (t.control) {
    const AddRow add = {t.control, m.memory + m.gradient};
    each_row(m, 0, m.parameters, add);
  }
  for (uint32_t i = 0; i < t.frozen_count; i++) {
    const ClearRow clear = {m.memory + m.gradient};
    each_row(m, t.frozen[2 * i], t.frozen[2 * i + 1], clear);
  }
}

static inline void clip_gradient(const Model& m, real bound) {
  real* g = m.memory + m.gradient;
  vec sum = splat(0);
  for (uint32_t k = 0; k < m.padded_parameters; k += LANES) sum += load(g + k) * load(g + k);
  const real norm = square_root(total(sum));
  if (!(norm > bound)) return;
  const real factor = bound / norm;
  for (uint32_t k = 0; k < m.padded_parameters; k += LANES) store(g + k, load(g + k) * factor);
}

static inline void clear_state(Model* m) {
  real* state = m->memory + m->state;
  for (uint32_t k = 0; k < m->padded_parameters * m->slots; k++) state[k] = 0;
  m->beta1_power = m->beta2_power = 1;
}

static inline void optimizer_step(Model* m, const Options& o, const Terms& t) {
  add_terms(*m, o, t);
  if (o.clip_norm > 0) clip_gradient(*m, (real)o.clip_norm);
  real* w = m->memory + m->weights;
  const real* g = m->memory + m->gradient;
  real* first = m->memory + m->state;
  const uint32_t n = m->padded_parameters;
  const real rate = (real)o.rate;
  if (o.kind == SGD) {
    for (uint32_t k = 0; k < n; k += LANES) store(w + k, load(w + k) - rate * load(g + k));
  } else if (o.kind == MOMENTUM) {
    const real keep = (real)o.momentum;
    for (uint32_t k = 0; k < n; k += LANES) {
      const vec v = keep * load(first + k) + load(g + k);
      store(first + k, v);
      store(w + k, load(w + k) - rate * v);
    }
  } else {
    // Kingma & Ba, arXiv 1412.6980, algorithm 1.
    m->beta1_power *= o.beta1;
    m->beta2_power *= o.beta2;
    real* second = first + n;
    const real b1 = (real)o.beta1, b2 = (real)o.beta2, a1 = (real)(1 - o.beta1), a2 = (real)(1 - o.beta2);
    const real c1 = (real)(1 / (1 - m->beta1_power)), c2 = (real)(1 / (1 - m->beta2_power)), epsilon = (real)o.epsilon;
    for (uint32_t k = 0; k < n; k += LANES) {
      const vec d = load(g + k);
      const vec mean = b1 * load(first + k) + a1 * d;
      const vec square = b2 * load(second + k) + a2 * (d * d);
      store(first + k, mean);
      store(second + k, square);
      store(w + k, load(w + k) - rate * (mean * c1) / (square_root(square * c2) + epsilon));
    }
  }
}

}  // namespace fl
#endif
