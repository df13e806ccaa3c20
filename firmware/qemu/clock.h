// Milliseconds by SysTick.
#ifndef FL_QEMU_CLOCK_H
#define FL_QEMU_CLOCK_H
#include "machine.h"

namespace fl {
namespace qemu {

static volatile uint32_t milliseconds;

static inline void start_clock() {
  reg(SYSTICK_LOAD) = CLOCK_HZ / 1000 - 1;
  reg(SYSTICK_VALUE) = 0;
  // Runs, with interrupt, on the processor's clock.
  reg(SYSTICK_CTRL) = 7;
}

}  // namespace qemu
}  // namespace fl

extern "C" void tick_handler() { fl::qemu::milliseconds = fl::qemu::milliseconds + 1; }
#endif
