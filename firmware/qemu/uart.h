// UART0, 8 bits each way. What comes is put in a ring by the interrupt; while the ring is full the interrupt is held
// back, and QEMU holds what follows: no byte is lost here.
#ifndef FL_QEMU_UART_H
#define FL_QEMU_UART_H
#include "machine.h"

namespace fl {
namespace qemu {

enum : uint32_t { RING = 4096, TX_FULL = 1, RX_FULL = 2, TX_ENABLE = 1, RX_ENABLE = 2, RX_INTERRUPT = 8, RX_CLEAR = 2 };

struct Ring {
  uint8_t bytes[RING];
  /** Count without end; only the interrupt moves the first, only the core the second. */
  volatile uint32_t put, taken;
};
static Ring ring;

static inline void open_uart() {
  reg(UART_DIVISOR) = 16;
  reg(UART_CTRL) = TX_ENABLE | RX_ENABLE | RX_INTERRUPT;
  reg(NVIC_ENABLE) = 1;
}

static inline uint32_t receive(void*, uint8_t* to, uint32_t most) {
  uint32_t n = 0;
  uint32_t at = ring.taken;
  while (n < most && at != ring.put) to[n++] = ring.bytes[at++ % RING];
  ring.taken = at;
  // There is room again: an interrupt that was held back comes at once.
  if (n > 0) reg(NVIC_ENABLE) = 1;
  return n;
}

static inline uint32_t send(void*, const uint8_t* bytes, uint32_t n) {
  uint32_t sent = 0;
  while (sent < n && (reg(UART_STATE) & TX_FULL) == 0) reg(UART_DATA) = bytes[sent++];
  return sent;
}

}  // namespace qemu
}  // namespace fl

extern "C" void uart_handler() {
  using namespace fl::qemu;
  while (reg(UART_STATE) & RX_FULL) {
    if (ring.put - ring.taken == RING) {
      // The request stays, and the byte where it is.
      reg(NVIC_DISABLE) = 1;
      return;
    }
    // Before the byte is taken: reading lets the next one in, which asks anew.
    reg(UART_CLEAR) = RX_CLEAR;
    ring.bytes[ring.put % RING] = (uint8_t)reg(UART_DATA);
    ring.put = ring.put + 1;
  }
}
#endif
