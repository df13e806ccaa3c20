// What the nRF52840 says of itself: who it is, why it started, the time; and how it starts anew.
#ifndef FL_NANO_CHIP_H
#define FL_NANO_CHIP_H
#include <Arduino.h>
#include <core/board/hal.h>
#include <mbed.h>
#include "settings.h"

namespace fl_nano {

/** Kept in GPREGRET2 through a reset from inside; GPREGRET is the bootloader's. */
enum : uint8_t { ASKED = 0xa5, HUNG = 0x5a };

static inline uint32_t now(void*) { return millis(); }

__attribute__((noreturn)) static inline void restart(uint8_t why) {
  NRF_POWER->GPREGRET2 = why;
  NVIC_SystemReset();
  for (;;) {
  }
}

static inline void chip_reset(void*) { restart(ASKED); }

/** 32 bits of the chip's own noise. */
static inline uint32_t chip_noise() {
  uint32_t noise = 0;
  NRF_RNG->CONFIG = 1;  // without bias
  NRF_RNG->TASKS_START = 1;
  for (int i = 0; i < 4; i++) {
    NRF_RNG->EVENTS_VALRDY = 0;
    while (NRF_RNG->EVENTS_VALRDY == 0) {
    }
    noise = noise << 8 | NRF_RNG->VALUE;
  }
  NRF_RNG->TASKS_STOP = 1;
  return noise;
}

static inline uint8_t reset_reason() {
  const uint8_t why = (uint8_t)NRF_POWER->GPREGRET2;
  const uint32_t reasons = NRF_POWER->RESETREAS;
  NRF_POWER->GPREGRET2 = 0;
  NRF_POWER->RESETREAS = reasons;  // ones clear
  if (why == HUNG || (reasons & 2)) return fl::board::RESET_WATCHDOG;
  if (why == ASKED) return fl::board::RESET_ASKED;
  if (reasons & 1) return fl::board::RESET_PIN;
  return reasons == 0 ? fl::board::RESET_POWER : fl::board::RESET_UNKNOWN;
}

static inline void put_word(uint8_t* to, uint32_t word) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(word >> (8 * i));
}

static inline void identify(fl::board::Identity* identity, uint32_t sensors) {
  put_word(identity->id, NRF_FICR->DEVICEID[0]);
  put_word(identity->id + 4, NRF_FICR->DEVICEID[1]);
  put_word(identity->id + 8, NRF_FICR->DEVICEADDR[0]);
  put_word(identity->id + 12, NRF_FICR->DEVICEADDR[1]);
  identity->name = FL_SENSORS == 1 || FL_SENSORS == 2 ? "Nano 33 BLE Sense" : "Nano 33 BLE";
  identity->boot = chip_noise();
  identity->reset_reason = reset_reason();
  identity->firmware_major = 0;
  identity->firmware_minor = 1;
  identity->sensors = sensors;
  identity->ring = 4096;
}

}  // namespace fl_nano
#endif
