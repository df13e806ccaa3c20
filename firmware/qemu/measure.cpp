// How many instructions a training step and an inference take, for `-icount shift=6`: then each takes 64 ns of the machine's
// time, 1.6 ticks of SysTick at 25 MHz. Instructions, not cycles: an nRF52840 takes another number of these.
#include "../../core/plan.h"
#include "../../core/train.h"
#include "../../core/weights.h"
#include "machine.h"
#include "semihosting.h"

using namespace fl;
using namespace fl::qemu;

enum : uint32_t { INPUTS = 33, HIDDEN = 20, CLASSES = 4, ROWS = 64, NUMBERS = 4096, TIMES = 256 };

static float memory[NUMBERS] __attribute__((aligned(16)));
static float features[ROWS * INPUTS], targets[ROWS], weights[1024];
static uint32_t order[ROWS];
static Model model;
static Training training;
static float outputs[CLASSES];

static const int32_t program[HEADER_WORDS + 2 * LAYER_WORDS] = {
    PROGRAM_VERSION, SOFTMAX_CROSS_ENTROPY, CLASS_INDEX, 1, 0, 1, 1, 1, INPUTS, 2,  //
    DENSE, RELU, HIDDEN, 1, 1, 1, 1, 0, 1, 1, 0, 0,                                 //
    DENSE, SOFTMAX, CLASSES, 1, 1, 1, 1, 0, 1, 1, 0, 0};

static uint32_t ticks() { return 0xffffff - reg(SYSTICK_VALUE); }

/** Instructions a time, of `n` times since `from`. */
static uint32_t instructions(uint32_t from, uint32_t n) {
  const uint64_t passed = (ticks() - from) & 0xffffff;
  return (uint32_t)(passed * 40 / 64 / n);
}

static void print(const char* what, uint32_t n) {
  char digits[12];
  char* at = digits + sizeof digits - 2;
  at[0] = '\n';
  at[1] = 0;
  do *--at = (char)('0' + n % 10);
  while ((n /= 10) > 0);
  semihosting_write(what);
  semihosting_write(at);
}

extern "C" void run() {
  if (plan(&model, program, sizeof program / sizeof program[0]) != 0 || model.total_numbers > NUMBERS) semihosting_exit(1);
  model.memory = memory;
  Random random = seeded(1);
  for (uint32_t i = 0; i < model.parameters; i++) weights[i] = ((float)below(&random, 2001) - 1000) * 1e-4f;
  put_weights(model, weights, 0, model.parameters);
  for (uint32_t i = 0; i < ROWS * INPUTS; i++) features[i] = ((float)below(&random, 2001) - 1000) * 1e-3f;
  for (uint32_t i = 0; i < ROWS; i++) targets[i] = (float)below(&random, CLASSES);
  const Samples samples = {features, targets, ROWS, 0, 0, 0, 0, {0, 1, 0}};
  training.options.kind = SGD;
  training.options.rate = 0.05;
  training.epochs = TIMES / ROWS;
  training.batch = 1;
  training.order = order;
  training.random = seeded(2);
  begin_training(&training, &model, samples);

  // Counts down from 2^24 on the processor's clock, without interrupts.
  reg(SYSTICK_LOAD) = 0xffffff;
  reg(SYSTICK_VALUE) = 0;
  reg(SYSTICK_CTRL) = 5;
  uint32_t from = ticks();
  if (train(&training, &model, samples, TIMES) != TIMES) semihosting_exit(1);
  print("instructions a training step: ", instructions(from, TIMES));
  from = ticks();
  for (uint32_t i = 0; i < TIMES; i++) predict(model, samples, i % ROWS, 1, outputs);
  print("instructions an inference: ", instructions(from, TIMES));
  semihosting_exit(training.loss < training.first_loss ? 0 : 1);
}
