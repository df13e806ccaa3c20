#pragma GCC optimize("O3", "fp-contract=off")
// The line above comes first: the Arduino core compiles with -Os and fuses multiplications into additions, and this board's
// weights would differ in their last bits from those of every other. All arithmetic of the core is in this one unit.
#include "fl_board.h"
#define FL_MAX_LAYERS 16
#define FL_MAX_OPS 24
#include "../../core/board/device.h"

namespace fl_board {

static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16)));
static fl::board::Device device;

/** x * x less its own rounding is 0, unless the product was never rounded. */
static bool rounds_products() {
  volatile float root = 1.0001f;
  const float x = root;
  volatile float rounded = x * x;
  const float square = rounded;
  volatile float difference = x * x - square;
  return difference == 0;
}

bool start(const fl::board::Hal* hal, const fl::board::Identity* identity, const fl::Backbone* engine) {
  if (!rounds_products()) return false;
  const fl::board::Parts parts = {hal, identity, engine, arena, ARENA_BYTES};
  fl::board::start(&device, parts);
  return true;
}

bool poll() { return fl::board::poll(&device); }

void warn(const char* sentence) { fl::board::log_line(&device, fl::board::LOG_WARNING, sentence); }

void button(bool pressed, uint32_t number) { fl::board::button(&device, pressed, number); }

int state() { return fl::board::state_of(device); }

}  // namespace fl_board
