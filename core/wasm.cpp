// What core.wasm exports. Memory is the caller's: it hands in addresses, nothing is allocated in here.
#include "int8/forward.h"
#include "int8/open.h"
#include "kernels/by_coordinate.h"
#include "kernels/crc32.h"
#include "kernels/distance.h"
#include "kernels/fold.h"
#include "kernels/levels.h"
#include "kernels/quantize.h"
#include "kernels/rotate.h"
#include "kernels/sparse.h"
#include "plan.h"
#include "train.h"
#include "weights.h"

#define EXPORT(name) extern "C" __attribute__((export_name(#name), used))

using namespace fl;

/** A model, its training and where its samples are: lies at the start of the caller's block, the numbers behind it. */
struct Session {
  Model model;
  Training training;
  Samples samples;
  FullPass pass;
};

EXPORT(session_bytes) uint32_t session_bytes() { return (uint32_t)((sizeof(Session) + 15) / 16 * 16); }

/** Reads the program into the session. Numbers that the model needs behind the session, or a refusal. */
EXPORT(session_plan) int32_t session_plan(Session* s, const int32_t* words, uint32_t count) {
  const int refused = plan(&s->model, words, count);
  return refused ? refused : (int32_t)s->model.total_numbers;
}

EXPORT(session_open) void session_open(Session* s) {
  s->model.memory = reinterpret_cast<real*>(reinterpret_cast<uint8_t*>(s) + session_bytes());
  for (uint32_t i = 0; i < s->model.total_numbers; i++) s->model.memory[i] = 0;
}

EXPORT(parameters) uint32_t parameters(const Session* s) { return s->model.parameters; }
EXPORT(input_size) uint32_t session_input_size(const Session* s) { return input_size(s->model); }
EXPORT(output_size) uint32_t session_output_size(const Session* s) { return output_size(s->model); }

EXPORT(put_weights) void session_put_weights(Session* s, const float* flat) {
  put_weights(s->model, flat, 0, s->model.parameters);
}
EXPORT(get_weights) void session_get_weights(const Session* s, float* flat) {
  get_numbers(s->model, s->model.weights, flat, 0, s->model.parameters);
}
EXPORT(get_gradient) void session_get_gradient(const Session* s, float* flat) {
  get_numbers(s->model, s->model.gradient, flat, 0, s->model.parameters);
}

EXPORT(set_samples)
void set_samples(Session* s, const float* features, const float* targets, uint32_t count, const float* mean,
                 const float* inverse_deviation, const float* class_weights, double focal_gamma) {
  s->samples = Samples{features, targets, count, mean, inverse_deviation, class_weights, focal_gamma, Soft{0, 1, 0}};
}

/** After set_samples, which takes it away again. */
EXPORT(set_soft) void set_soft(Session* s, const float* rows, double temperature, double share) {
  s->samples.soft = Soft{rows, temperature, share};
}

EXPORT(set_optimizer)
void set_optimizer(Session* s, int32_t kind, double rate, double momentum, double beta1, double beta2, double epsilon,
                   double l2, double clip_norm) {
  s->training.options = Options{kind, rate, momentum, beta1, beta2, epsilon, l2, clip_norm};
}

/** Flat vectors or null; they must stay in place while the training runs. */
EXPORT(set_terms)
void set_terms(Session* s, double proximal, const float* anchor, const float* control, double lipschitz) {
  s->training.terms = Terms{proximal, anchor, control, 0, 0, lipschitz};
}
/** `count` times [first flat number, how many] that do not learn; to be called behind set_terms, which clears them. */
EXPORT(set_frozen) void set_frozen(Session* s, const uint32_t* ranges, uint32_t count) {
  s->training.terms.frozen = ranges;
  s->training.terms.frozen_count = count;
}

/** method: fl::Attack, 0: none. */
EXPORT(set_adversary)
void set_adversary(Session* s, uint32_t method, uint32_t steps, double epsilon, double step_size, double share, uint32_t seed) {
  s->training.adversary = Adversary{method, steps, epsilon, step_size, share, seeded(seed)};
}

EXPORT(begin_training)
void session_begin(Session* s, uint32_t epochs, uint32_t batch, uint32_t max_steps, uint32_t seed, uint32_t full_batch,
                   uint32_t* order) {
  Training* t = &s->training;
  t->epochs = epochs;
  t->batch = batch;
  t->max_steps = max_steps;
  t->random = seeded(seed);
  t->full_batch = full_batch != 0;
  t->order = order;
  begin_training(t, &s->model, s->samples);
}

EXPORT(train) int32_t session_train(Session* s, uint32_t batches) {
  return train(&s->training, &s->model, s->samples, batches);
}

/** Mean loss over the last epoch (or what was seen of it), and over the first. */
EXPORT(last_loss) double last_loss(const Session* s) { return s->training.loss / s->training.seen; }
EXPORT(first_loss) double first_loss(const Session* s) { return s->training.first_loss / s->training.first_seen; }

/** Steps of the optimiser since begin_training. */
EXPORT(steps) uint32_t session_steps(const Session* s) { return s->training.steps; }

/** A pass over all samples with the weights as they are. */
EXPORT(begin_pass) void session_begin_pass(Session* s) { s->pass = FullPass{0, 0}; }
/** The next rows of it, at most the batch that the model is planned for; the rows seen so far, or a refusal. */
EXPORT(pass) int32_t session_pass(Session* s, uint32_t gradient) {
  const int refused = pass_on(&s->pass, s->model, s->samples, s->model.batch, gradient != 0);
  return refused ? refused : (int32_t)s->pass.seen;
}
EXPORT(pass_loss) double pass_loss(const Session* s) { return s->pass.loss / s->pass.seen; }

/** Samples first .. first + n, n <= batch, moved by the adversary: flat and normalised to `out`. 0, or a refusal. */
EXPORT(attack) int32_t session_attack(Session* s, uint32_t first, uint32_t n, float* out) {
  const Model& m = s->model;
  const int refused = move_rows(m, s->samples, 0, first, n, &s->training.adversary);
  if (refused) return refused;
  const real* x = m.memory + m.input_at;
  for (uint32_t p = 0; p < n * pixels(m.input); p++, x += m.input.stride) {
    for (uint32_t c = 0; c < m.input.channels; c++) *out++ = (float)x[c];
  }
  return 0;
}

EXPORT(predict) void session_predict(const Session* s, uint32_t first, uint32_t n, float* out) {
  predict(s->model, s->samples, first, n, out);
}

EXPORT(greatest_bits) uint32_t k_greatest_bits(const float* v, uint32_t n) { return greatest_bits(v, n); }
EXPORT(dot) double k_dot(const float* a, const float* b, uint32_t n) { return dot(a, b, n); }
EXPORT(squared_norm) double k_squared_norm(const float* v, uint32_t n) { return squared_norm(v, n); }
EXPORT(dot_wide) double k_dot_wide(const float* v, const double* wide, uint32_t n) { return dot_wide(v, wide, n); }
EXPORT(distance_wide)
double k_distance_wide(const float* v, const double* wide, uint32_t n) { return distance_wide(v, wide, n); }
EXPORT(ranges) void k_ranges(const float* v, uint32_t n, uint32_t row, float* low, float* high) {
  ranges(v, n, row, low, high);
}
EXPORT(fold_add) void k_fold_add(uint64_t* bins, const float* v, uint32_t n, double weight) { fold_add(bins, v, n, weight); }
EXPORT(fold_settle) void k_fold_settle(uint64_t* bins, uint32_t n, uint32_t terms) { fold_settle(bins, n, terms); }
EXPORT(fold_mean) void k_fold_mean(const uint64_t* bins, uint32_t n, double divisor, float* out) {
  fold_mean(bins, n, divisor, out);
}
EXPORT(distances_put)
void k_distances_put(const float* v, uint32_t n, uint32_t row, uint32_t count, double* blocks) {
  distances_put(v, n, row, count, blocks);
}
EXPORT(distances_of) void k_distances_of(const double* blocks, uint32_t count, uint32_t n, double* sums) {
  distances_of(blocks, count, n, sums);
}
EXPORT(distances_mirror) void k_distances_mirror(double* sums, uint32_t count) { distances_mirror(sums, count); }
/** `kind` 0: median; 1: mean without `number` at each end; 2: mean of the `number` nearest to the median. 0, or 1: too large. */
EXPORT(by_coordinate)
uint32_t k_by_coordinate(uint32_t kind, const float* rows, uint32_t count, uint32_t stride, uint32_t columns, uint32_t number,
                         int32_t* keys, int32_t* spare, float* out) {
  const Tile tile = {count, keys, spare};
  for (uint32_t c = 0; c < columns; c += SELECT_COLUMNS) {
    const uint32_t some = columns - c < SELECT_COLUMNS ? columns - c : (uint32_t)SELECT_COLUMNS;
    int refused = 0;
    if (kind == 0) median_tile(tile, rows + c, stride, some, out + c);
    else if (kind == 1) refused = trimmed_tile(tile, rows + c, stride, some, number, out + c);
    else refused = near_tile(tile, rows + c, stride, some, number, out + c);
    if (refused) return 1;
  }
  return 0;
}
EXPORT(greatest_magnitude) uint32_t k_greatest_magnitude(const float* v, uint32_t n, uint32_t k, uint32_t* counts) {
  return greatest_magnitude(v, n, k, counts);
}
EXPORT(positions_from)
uint32_t k_positions_from(const float* v, uint32_t n, uint32_t bits, uint32_t equal, uint32_t* out) {
  return positions_from(v, n, bits, equal, out);
}
EXPORT(draw_positions) void k_draw_positions(uint32_t n, uint32_t k, uint32_t seed, uint32_t* out) {
  draw_positions(n, k, seed, out);
}
EXPORT(crc32) uint32_t k_crc32(const uint8_t* bytes, uint32_t n, uint32_t crc) { return crc32(bytes, n, crc); }
/** stochastic: 0 rounds to nearest, 1 at random from the seed. */
EXPORT(quantize)
void k_quantize(const float* v, uint32_t n, uint32_t bits, const float* scales, const float* zeros, uint32_t row,
                int32_t stochastic, uint32_t seed, uint8_t* out) {
  Random random = seeded(seed);
  quantize(v, n, bits, scales, zeros, row, stochastic ? &random : 0, out);
}
EXPORT(dequantize)
void k_dequantize(const uint8_t* in, uint32_t n, uint32_t bits, const float* scales, const float* zeros, uint32_t row,
                  float* out) {
  dequantize(in, n, bits, scales, zeros, row, out);
}
/** Into `made`: unit, squared norm, product, squares of the levels (Rotated). `work` has room for `size` numbers. */
EXPORT(rotated_codes)
void k_rotated_codes(const float* v, uint32_t count, uint32_t size, int32_t rotate, uint32_t seed, uint32_t bits,
                     const float* levels, float* work, uint8_t* out, Rotated* made) {
  *made = rotated_codes(v, count, size, rotate, seed, bits, levels, work, out);
}
EXPORT(rotated_back)
void k_rotated_back(const uint8_t* in, uint32_t size, int32_t rotate, uint32_t seed, uint32_t bits, const float* levels,
                    float scale, float* out) {
  rotated_back(in, size, rotate, seed, bits, levels, scale, out);
}
EXPORT(trits)
void k_trits(const float* v, uint32_t n, float step, uint32_t seed, int16_t* levels, uint8_t* out) {
  Random random = seeded(seed);
  random_levels(v, n, step, 1, &random, levels);
  pack_trits(levels, n, out);
}
EXPORT(trits_back) int32_t k_trits_back(const uint8_t* in, uint32_t n, float step, float* out) {
  return unpack_trits(in, n, step, out);
}
EXPORT(bucket_levels)
void k_bucket_levels(const float* v, uint32_t n, uint32_t bucket, uint32_t most, uint32_t seed, float* steps,
                     int16_t* out) {
  Random random = seeded(seed);
  bucket_levels(v, n, bucket, most, &random, steps, out);
}
EXPORT(write_buckets)
uint32_t k_write_buckets(const int16_t* levels, uint32_t n, uint32_t bucket, int32_t sparse, uint8_t* out) {
  return write_buckets(levels, n, bucket, sparse != 0, out);
}
EXPORT(read_buckets)
int32_t k_read_buckets(const uint8_t* in, uint32_t bytes, uint32_t n, uint32_t bucket, uint32_t most, int32_t sparse,
                       const float* steps, float* out) {
  return read_buckets(in, bytes, n, bucket, most, sparse != 0, steps, out);
}

using int8::Network;

EXPORT(int8_bytes) uint32_t int8_bytes() { return (uint32_t)((sizeof(Network) + 15) / 16 * 16); }
/** 0, or a refusal; then operator int8_count() is the one that was refused. */
EXPORT(int8_open) int32_t int8_open(Network* n, const uint8_t* file, uint32_t bytes) { return int8::open(n, file, bytes); }
EXPORT(int8_arena) uint32_t int8_arena(const Network* n) { return int8::arena_bytes(*n); }
EXPORT(int8_products) double int8_products(const Network* n) { return (double)n->products; }
EXPORT(int8_count) uint32_t int8_count(const Network* n) { return n->count; }
EXPORT(int8_operator) int32_t int8_operator(const Network* n, uint32_t i) {
  return i < int8::MAX_OPERATORS ? n->operators[i].code : 0;
}
/** 1: the file begins with a QUANTIZE of floats; 2: it ends with a DEQUANTIZE. */
EXPORT(int8_edges) uint32_t int8_edges(const Network* n) { return n->float_input + 2 * n->float_output; }
EXPORT(int8_inputs) uint32_t int8_inputs(const Network* n) { return n->inputs; }
EXPORT(int8_outputs) uint32_t int8_outputs(const Network* n) { return n->outputs; }
EXPORT(int8_scale) float int8_scale(const Network* n, uint32_t output) { return output ? n->output.scale : n->input.scale; }
EXPORT(int8_zero) int32_t int8_zero(const Network* n, uint32_t output) { return output ? n->output.zero : n->input.zero; }
EXPORT(int8_codes) void int8_codes(const Network* n, uint8_t* arena, const int8_t* in, int8_t* out) {
  int8::forward(*n, arena, in, out);
}
EXPORT(int8_forward) void int8_forward(const Network* n, uint8_t* arena, const float* in, float* out) {
  int8::forward_float(*n, arena, in, out);
}
