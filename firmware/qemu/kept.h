// What outlives a reset, in memory that nothing is loaded into: two banks of "flash", and how often the board has started.
#ifndef FL_QEMU_KEPT_H
#define FL_QEMU_KEPT_H
#include "../shared/two_banks.h"
#include "machine.h"

namespace fl {
namespace qemu {

enum : uint32_t { BANK = 64 * 1024, STARTED = 0x57a27ed1 };

struct Kept {
  uint8_t bank[2][BANK];
  uint32_t started, starts, asked;
};
__attribute__((section(".kept"))) static Kept kept_memory;

// As flash is: erased to ones, programmed only from ones to zeros.
static inline bool erase(void*, int bank) {
  for (uint32_t i = 0; i < BANK; i++) kept_memory.bank[bank][i] = 0xff;
  return true;
}
static inline bool program(void*, int bank, uint32_t offset, const uint8_t* bytes, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) kept_memory.bank[bank][offset + i] &= bytes[i];
  return true;
}

static const Flash flash = {0, {kept_memory.bank[0], kept_memory.bank[1]}, BANK, 4, erase, program};

static inline bool save(void*, const uint8_t* bytes, uint32_t n) { return keep(flash, bytes, n); }
static inline uint32_t restore(void*, uint8_t* to, uint32_t most) { return kept(flash, to, most); }

static inline void reset(void*) {
  kept_memory.asked = STARTED;
  reg(AIRCR) = 0x05fa0004;
  __asm volatile("dsb" ::: "memory");
  for (;;) {
  }
}

/** Counts this start; the first one since QEMU began is number 0. True: the reset was asked for from inside. */
static inline bool count_start(uint32_t* number) {
  Kept& k = kept_memory;
  if (k.started != STARTED) {
    k.started = STARTED;
    k.starts = 0;
    k.asked = 0;
  } else {
    k.starts++;
  }
  *number = k.starts;
  const bool asked = k.asked == STARTED;
  k.asked = 0;
  return asked;
}

}  // namespace qemu
}  // namespace fl
#endif
