// What QEMU does for the program inside: arguments, a line on its own stderr, the end with an exit code.
#ifndef FL_QEMU_SEMIHOSTING_H
#define FL_QEMU_SEMIHOSTING_H
#include <stdint.h>

namespace fl {
namespace qemu {

static inline uint32_t semihosting(uint32_t operation, const void* block) {
  register uint32_t r0 __asm("r0") = operation;
  register const void* r1 __asm("r1") = block;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static inline void semihosting_write(const char* text) { semihosting(0x04, text); }

__attribute__((noreturn)) static inline void semihosting_exit(uint32_t code) {
  const uint32_t block[2] = {0x20026, code};
  semihosting(0x20, block);
  for (;;) {
  }
}

/** The arguments that QEMU was given, with spaces between; false: there are none. */
static inline bool semihosting_arguments(char* to, uint32_t most) {
  uint32_t block[2] = {(uint32_t)to, most};
  return semihosting(0x15, block) == 0;
}

/** Seconds of the world outside. */
static inline uint32_t semihosting_time() { return semihosting(0x11, 0); }

}  // namespace qemu
}  // namespace fl
#endif
