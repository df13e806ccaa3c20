// Starts the board anew when loop has not come round for 8 s. By a timer, not by the chip's own watchdog: that one runs on
// through the soft reset into the bootloader, and would cut an upload off.
#ifndef FL_NANO_WATCHDOG_H
#define FL_NANO_WATCHDOG_H
#include "chip.h"

namespace fl_nano {

enum : uint32_t { PATIENCE_S = 8 };

static volatile uint32_t watchdog_waits;
static mbed::Ticker watchdog_ticker;

static inline void watchdog_look() {
  watchdog_waits = watchdog_waits + 1;
  if (watchdog_waits > PATIENCE_S) restart(HUNG);
}

static inline void watchdog_feed() { watchdog_waits = 0; }
static inline void watchdog_start() { watchdog_ticker.attach(watchdog_look, std::chrono::seconds(1)); }

}  // namespace fl_nano
#endif
