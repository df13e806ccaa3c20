// The board in QEMU. Its arguments (-semihosting-config arg=...): the id, 32 hexadecimal digits, and the boot number of its
// first start, 8; each start after that counts on.
#define FL_MAX_LAYERS 16
#define FL_MAX_OPS 24
#include "../../core/board/device.h"
#include "clock.h"
#include "kept.h"
#include "semihosting.h"
#include "uart.h"

namespace fl {
namespace qemu {

enum : uint32_t { ARENA = 200 * 1024 };

static uint8_t arena[ARENA] __attribute__((aligned(16)));
static board::Device device;
static board::Identity identity;

static uint32_t now(void*) { return milliseconds; }
static bool reading(void*, float*) { return false; }
static uint32_t sense(void*, uint8_t, float) { return 0; }

static const board::Hal hal = {0, now, receive, send, reading, sense, save, restore, reset};

static int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void identify() {
  char given[128];
  uint32_t number = 0;
  const bool asked = count_start(&number);
  uint32_t boot = 0;
  if (semihosting_arguments(given, sizeof given)) {
    uint32_t at = 0;
    for (; at < 40 && digit(given[at]) >= 0; at++) {
    }
    for (uint32_t i = 0; i < 32 && at >= 32; i++) {
      identity.id[i / 2] = (uint8_t)(identity.id[i / 2] << 4 | digit(given[i]));
    }
    at = 33;
    for (uint32_t i = 0; i < 8 && digit(given[at + i]) >= 0; i++) boot = boot << 4 | (uint32_t)digit(given[at + i]);
  }
  identity.name = "QEMU mps2-an386";
  identity.boot = boot + number;
  identity.reset_reason = number == 0 ? board::RESET_POWER : asked ? board::RESET_ASKED : board::RESET_PIN;
  identity.firmware_major = 0;
  identity.firmware_minor = 1;
  identity.sensors = 1u << board::SENSOR_HOST;
  identity.ring = RING;
}

}  // namespace qemu
}  // namespace fl

extern "C" void run() {
  using namespace fl::qemu;
  start_clock();
  open_uart();
  identify();
  fl::board::Parts parts = {&hal, &identity, 0, arena, ARENA};
  fl::board::start(&device, parts);
  for (;;) {
    // A millisecond later at the latest the clock wakes it.
    if (!fl::board::poll(&device)) __asm volatile("wfi");
  }
}
