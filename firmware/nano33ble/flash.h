// Two banks of 64 kB at 0xC0000: above any sketch that is meant here, below 0xE0000, where newer boards keep their bootloader.
#ifndef FL_NANO_FLASH_H
#define FL_NANO_FLASH_H
#include <FlashIAP.h>
#include <firmware/shared/two_banks.h>

// Where the linker puts the end of the sketch's code, and its initial data behind it.
extern "C" uint32_t __etext, __data_start__, __data_end__;

namespace fl_nano {

enum : uint32_t { BANKS_AT = 0xC0000, BANK_BYTES = 64 * 1024 };

static mbed::FlashIAP flash_driver;
static bool flash_good;

static inline bool flash_erase(void*, int bank) {
  const uint32_t sector = flash_driver.get_sector_size(BANKS_AT);
  for (uint32_t at = 0; at < BANK_BYTES; at += sector) {
    // 85 ms each: the page that is erased already is left.
    const uint32_t* words = reinterpret_cast<const uint32_t*>(BANKS_AT + (uint32_t)bank * BANK_BYTES + at);
    bool erased = true;
    for (uint32_t i = 0; i < sector / 4 && erased; i++) erased = words[i] == 0xffffffffu;
    if (!erased && flash_driver.erase((uint32_t)words, sector) != 0) return false;
  }
  return true;
}

static inline bool flash_program(void*, int bank, uint32_t offset, const uint8_t* bytes, uint32_t n) {
  return flash_driver.program(bytes, BANKS_AT + (uint32_t)bank * BANK_BYTES + offset, n) == 0;
}

static const fl::Flash flash_banks = {
    0,          {reinterpret_cast<const uint8_t*>(BANKS_AT), reinterpret_cast<const uint8_t*>(BANKS_AT + BANK_BYTES)},
    BANK_BYTES, 4,
    flash_erase, flash_program};

static inline void flash_open() {
  const uint32_t image = (uint32_t)&__etext + ((uint32_t)&__data_end__ - (uint32_t)&__data_start__);
  flash_good = image <= BANKS_AT && flash_driver.init() == 0;
}

static inline bool flash_save(void*, const uint8_t* bytes, uint32_t n) {
  return flash_good && fl::keep(flash_banks, bytes, n);
}

static inline uint32_t flash_restore(void*, uint8_t* to, uint32_t most) {
  return flash_good ? fl::kept(flash_banks, to, most) : 0;
}

}  // namespace fl_nano
#endif
