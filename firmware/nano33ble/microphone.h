// The microphone as a level: the root mean square of what was heard since the last reading, 0 to 1.
#ifndef FL_NANO_MICROPHONE_H
#define FL_NANO_MICROPHONE_H
#include "settings.h"
#if FL_SENSORS == 1 || FL_SENSORS == 2
#include <PDM.h>
#include <math.h>

namespace fl_nano {

enum { HEARD_HZ = 16000 };

static volatile uint32_t heard_samples;
static volatile uint64_t heard_squares;

/** In an interrupt of the PDM driver. */
static inline void microphone_heard() {
  static int16_t samples[256];
  int bytes = PDM.available();
  if (bytes > (int)sizeof samples) bytes = sizeof samples;
  const int n = PDM.read(samples, (size_t)bytes) / 2;
  uint64_t squares = 0;
  for (int i = 0; i < n; i++) squares += (uint64_t)((int32_t)samples[i] * samples[i]);
  heard_squares = heard_squares + squares;
  heard_samples = heard_samples + (uint32_t)n;
}

static inline bool microphone_start() {
  PDM.onReceive(microphone_heard);
  return PDM.begin(1, HEARD_HZ) != 0;
}
static inline void microphone_stop() { PDM.end(); }

static inline float microphone_level() {
  noInterrupts();
  const uint32_t n = heard_samples;
  const uint64_t squares = heard_squares;
  heard_samples = 0;
  heard_squares = 0;
  interrupts();
  return n == 0 ? 0 : sqrtf((float)squares / (float)n) / 32768.0f;
}

}  // namespace fl_nano
#endif
#endif
