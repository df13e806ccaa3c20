// From reset to run(): the vector table, the FPU, memory as C++ expects it. A fault ends QEMU with an error.
#include <stdint.h>
#include "machine.h"
#include "semihosting.h"

extern "C" {
extern uint32_t data_from[], data_to[], data_end[], bss_from[], bss_to[], stack_from[], stack_to[];
typedef void (*Initialiser)();
extern Initialiser init_array_from[], init_array_to[];

void run();

__attribute__((noreturn)) void fault_handler() {
  fl::qemu::semihosting_write("The board has crashed.\n");
  fl::qemu::semihosting_exit(1);
}
__attribute__((weak)) void tick_handler() {}
__attribute__((weak)) void uart_handler() {}

__attribute__((noreturn)) void reset_handler() {
  using namespace fl::qemu;
  // Full access to coprocessors 10 and 11: the FPU. Nothing may use a float before.
  reg(CPACR) |= 0xfu << 20;
  __asm volatile("dsb\n isb" ::: "memory");
  const uint32_t* from = data_from;
  for (volatile uint32_t* to = data_to; to < data_end;) *to++ = *from++;
  for (volatile uint32_t* to = bss_from; to < bss_to;) *to++ = 0;
  // What still has this colour was never used: test/board/stack.ts looks at it from outside.
  uint32_t here;
  __asm volatile("mov %0, sp" : "=r"(here));
  for (volatile uint32_t* to = stack_from; (uint32_t)to < here - 64;) *to++ = STACK_PAINT;
  for (Initialiser* i = init_array_from; i < init_array_to; i++) (*i)();
  run();
  semihosting_exit(0);
}

typedef void (*Vector)();
// 16 of the processor, then the machine's interrupts; 0 is what UART0 received.
__attribute__((section(".vectors"), used)) extern const Vector vectors[17] = {
    (Vector)stack_to, (Vector)reset_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    fault_handler, 0, 0, 0, 0, fault_handler, fault_handler, 0, fault_handler, tick_handler, uart_handler};
}
