// The core as an ordinary program, for scripts/test-core-native.mjs. Reads one case from a file and
//   train FILE      trains and writes the weights to standard output (float32), to be compared with core.wasm's;
//   fuzz FILE       mutates the program: what the plan takes must run within the memory that it asked for (sanitizers);
//   gradient FILE   compares the gradients by parameters and by inputs with central differences (-DFL_DOUBLE) and prints the
//                   largest error of each.
// Case, little-endian: int32 {words, samples, epochs, batch, max steps, seed, optimizer, class weights, normalised, anchor,
// control, full batch}, float64 {rate, momentum, beta1, beta2, epsilon, l2, clip, proximal, focal gamma, lipschitz, adversary: method, steps,
// epsilon, step size, share, seed}, int32 words[], float32 weights[], features[], targets[], mean[] and inverse deviation[] if normalised, class weights[], anchor[] and control[] if there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/plan.h"
#include "../../core/train.h"
#include "../../core/weights.h"

using namespace fl;

static void die(const char* why) {
  fprintf(stderr, "native: %s\n", why);
  exit(1);
}

template <typename T>
static T* take(FILE* file, size_t count) {
  T* values = static_cast<T*>(malloc(count * sizeof(T) + 16));
  if (fread(values, sizeof(T), count, file) != count) die("the case file is too short");
  return values;
}

enum { HEAD = 13, OPTIONS = 16 };

struct Case {
  Model model;
  Training training;
  Samples samples;
  float* weights;
};

static void read_case(Case* c, const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) die("no case file");
  const int32_t* head = take<int32_t>(file, HEAD);
  const double* options = take<double>(file, OPTIONS);
  const int refused = plan(&c->model, take<int32_t>(file, head[0]), head[0]);
  if (refused) die("the program is refused");
  Model& m = c->model;
  m.memory = static_cast<real*>(aligned_alloc(16, ((size_t)m.total_numbers * sizeof(real) + 15) / 16 * 16));
  memset(m.memory, 0, m.total_numbers * sizeof(real));
  c->weights = take<float>(file, m.parameters);
  put_weights(m, c->weights, 0, m.parameters);
  const uint32_t n = head[1], wide = input_size(m);
  const uint32_t target = m.target == CLASS_INDEX ? 1 : m.target == VALUES ? output_size(m) : 0;
  Samples& s = c->samples;
  s.count = n;
  s.features = take<float>(file, (size_t)n * wide);
  s.targets = take<float>(file, (size_t)n * target);
  s.mean = head[8] ? take<float>(file, wide) : 0;
  s.inverse_deviation = head[8] ? take<float>(file, wide) : 0;
  s.class_weights = head[7] ? take<float>(file, head[7]) : 0;
  Training& t = c->training;
  s.focal_gamma = options[8];
  t.terms.proximal = options[7];
  t.terms.lipschitz = options[9];
  t.adversary = Adversary{(uint32_t)options[10], (uint32_t)options[11], options[12], options[13], options[14],
                          seeded((uint32_t)options[15])};
  t.terms.anchor = head[9] ? take<float>(file, m.parameters) : 0;
  t.terms.control = head[10] ? take<float>(file, m.parameters) : 0;
  t.full_batch = head[11] != 0;
  t.terms.frozen_count = (uint32_t)head[12];
  t.terms.frozen = head[12] ? take<uint32_t>(file, 2 * (size_t)head[12]) : 0;
  t.options = Options{head[6], options[0], options[1], options[2], options[3], options[4], options[5], options[6]};
  t.epochs = head[2];
  t.batch = head[3];
  t.max_steps = head[4];
  t.random = seeded((uint32_t)head[5]);
  t.order = t.full_batch ? 0 : static_cast<uint32_t*>(malloc(n * sizeof(uint32_t)));
  begin_training(&t, &m, s);
  fclose(file);
}

static void run_training(Case* c) {
  // Uneven slices: the bits must not depend on them.
  for (uint32_t slice = 1;; slice = slice * 3 % 17 + 1) {
    const int done = train(&c->training, &c->model, c->samples, slice);
    if (done < 0) die("a sample is refused");
    if ((uint32_t)done < slice) break;
  }
  get_numbers(c->model, c->model.weights, c->weights, 0, c->model.parameters);
  fwrite(c->weights, sizeof(float), c->model.parameters, stdout);
}

static void fuzz(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) die("no case file");
  const int32_t* head = take<int32_t>(file, HEAD);
  take<double>(file, OPTIONS);
  const int32_t* words = take<int32_t>(file, head[0]);
  const uint32_t count = head[0];
  static const int32_t odd[] = {-1, 0, 1, 2, 3, 5, 7, 64, 4096, 1 << 20, 1 << 24, (1 << 24) + 1, INT32_MAX, INT32_MIN};
  Random random = seeded((uint32_t)head[5]);
  Model* m = static_cast<Model*>(malloc(sizeof(Model)));
  unsigned taken = 0;
  for (int turn = 0; turn < 2000; turn++) {
    int32_t* mutated = static_cast<int32_t*>(malloc(count * sizeof(int32_t)));
    memcpy(mutated, words, count * sizeof(int32_t));
    for (uint32_t k = below(&random, 4); k > 0; k--) mutated[below(&random, count)] = odd[below(&random, 14)];
    if (plan(m, mutated, count) == 0 && m->total_numbers < 200000 && m->training) {
      taken++;
      m->memory = static_cast<real*>(aligned_alloc(16, m->total_numbers * sizeof(real)));
      memset(m->memory, 0, m->total_numbers * sizeof(real));
      const uint32_t wide = input_size(*m) + output_size(*m) + m->parameters;
      float* values = static_cast<float*>(calloc(wide * m->batch, sizeof(float)));
      for (uint32_t i = 0; i < m->parameters; i++) values[i] = (float)(i % 7) * 0.1f;
      put_weights(*m, values, 0, m->parameters);
      Training t;
      memset(&t, 0, sizeof t);
      t.options = Options{(int32_t)m->slots, 0.01, 0.9, 0.9, 0.999, 1e-7, 0.1, 1};
      t.epochs = t.batch = 1;
      t.order = static_cast<uint32_t*>(calloc(1, sizeof(uint32_t)));
      Samples s = {values, values + input_size(*m), 1, 0, 0, 0, 0, Soft{0, 1, 0}};
      if (m->target == CLASS_INDEX) values[input_size(*m)] = 1;
      begin_training(&t, m, s);
      train(&t, m, s, 1);
      float* out = static_cast<float*>(malloc(output_size(*m) * sizeof(float)));
      predict(*m, s, 0, 1, out);
      get_numbers(*m, m->weights, values, 0, m->parameters);
      free(out);
      free(t.order);
      free(values);
      free(m->memory);
    }
    free(mutated);
  }
  printf("%u\n", taken);
}

#ifdef FL_DOUBLE
static double loss_of(const Case& c, uint32_t n) {
  double loss = 0;
  if (rows_gradient(c.model, c.samples, 0, 0, n, n, GRADIENT, &loss)) die("a sample is refused");
  return loss / n;
}

/** The sum of the losses of the rows as they are in place. */
static double loss_in_place(const Case& c) {
  double loss = 0;
  if (rows_loss(c.model, c.samples, 0, 0, c.samples.count, 1, &loss)) die("a sample is refused");
  return loss;
}

/** Of the gradient by the normalised inputs. Where the target is the input it would move too. */
static double check_inputs(const Case& c) {
  const Model& m = c.model;
  if (m.target == OWN_INPUT) return 0;
  const uint32_t n = c.samples.count, size = n * numbers(m.input);
  real* x = m.memory + m.input_at;
  read_features(m, c.samples, 0, 0, n, x);
  loss_in_place(c);
  real* gradient = static_cast<real*>(malloc(size * sizeof(real)));
  memcpy(gradient, backward(m, n, LOSS_ALONE, true), size * sizeof(real));
  double worst = 0;
  for (uint32_t i = 0; i < size; i++) {
    if (i % m.input.stride >= m.input.channels) {
      if (gradient[i] != 0) die("the padding of the input has a gradient");
      continue;
    }
    const double h = 1e-5, kept = x[i];
    x[i] = kept + h;
    const double above = loss_in_place(c);
    x[i] = kept - h;
    const double below = loss_in_place(c);
    x[i] = kept;
    const double difference = (above - below) / (2 * h);
    const double error = __builtin_fabs(difference - gradient[i]) / (1e-3 + __builtin_fabs(difference));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

static void check_gradient(Case* c) {
  const uint32_t n = c->samples.count;
  const Model& m = c->model;
  loss_of(*c, n);
  real* gradient = static_cast<real*>(malloc(m.padded_parameters * sizeof(real)));
  memcpy(gradient, m.memory + m.gradient, m.padded_parameters * sizeof(real));
  double worst = 0;
  uint32_t moved = 0;
  for (uint32_t i = 0; i < m.layer_count; i++) {
    const Layer& l = m.layers[i];
    const uint32_t rows = l.kernel_rows + (l.has_bias ? 1 : 0);
    for (uint32_t r = 0; r < rows; r++) {
      for (uint32_t o = 0; o < l.out.stride; o++) {
        const uint32_t at = l.kernel + r * l.out.stride + o;
        if (o >= l.out.channels) {
          if (gradient[at] != 0) die("the padding has a gradient");
          continue;
        }
        real* w = m.memory + m.weights + at;
        const double h = 1e-5, kept = *w;
        *w = kept + h;
        const double above = loss_of(*c, n);
        *w = kept - h;
        const double below = loss_of(*c, n);
        *w = kept;
        const double difference = (above - below) / (2 * h);
        const double error = __builtin_fabs(difference - gradient[at]) / (1e-3 + __builtin_fabs(difference));
        if (gradient[at] != 0) moved++;
        if (!(error <= worst)) worst = error;
      }
    }
  }
  printf("{\"worst\": %.3g, \"inputs\": %.3g, \"parameters\": %u, \"moved\": %u}\n", worst, check_inputs(*c), m.parameters,
         moved);
}
#endif

int main(int argc, char** argv) {
  if (argc != 3) die("train FILE or gradient FILE");
  if (!strcmp(argv[1], "fuzz")) {
    fuzz(argv[2]);
    return 0;
  }
  Case* c = static_cast<Case*>(calloc(1, sizeof(Case)));
  read_case(c, argv[2]);
  if (!strcmp(argv[1], "train")) run_training(c);
#ifdef FL_DOUBLE
  else if (!strcmp(argv[1], "gradient")) check_gradient(c);
#endif
  else die("unknown command");
  return 0;
}
