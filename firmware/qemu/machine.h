// Registers of the processor and of mps2-an386 that are used here.
#ifndef FL_QEMU_MACHINE_H
#define FL_QEMU_MACHINE_H
#include <stdint.h>

namespace fl {
namespace qemu {

enum : uint32_t {
  SYSTICK_CTRL = 0xe000e010,
  SYSTICK_LOAD = 0xe000e014,
  SYSTICK_VALUE = 0xe000e018,
  NVIC_ENABLE = 0xe000e100,
  NVIC_DISABLE = 0xe000e180,
  AIRCR = 0xe000ed0c,
  CPACR = 0xe000ed88,
  UART_DATA = 0x40004000,
  UART_STATE = 0x40004004,
  UART_CTRL = 0x40004008,
  UART_CLEAR = 0x4000400c,
  UART_DIVISOR = 0x40004010,
  CLOCK_HZ = 25000000,
  STACK_PAINT = 0x5afe57ac,
};

static inline volatile uint32_t& reg(uint32_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

}  // namespace qemu
}  // namespace fl
#endif
