// A window that slides over a stream of readings: whole every `hop` readings, in memory that the caller gives.
#ifndef FL_SENSE_WINDOW_H
#define FL_SENSE_WINDOW_H
#include "../real.h"

namespace fl {

struct SlidingWindow {
  /** The readings of the window, oldest first: window x channels. Whole after push_reading() said so, until the next push. */
  float* readings;
  uint32_t window, hop, channels;
  /** Readings held; readings to let pass before the next window begins (hop > window). */
  uint32_t held, skip;
};

/** Numbers of memory that a window takes; 0: a size is 0, or it is more than 2^31 bytes. */
static inline uint32_t window_numbers(uint32_t window, uint32_t channels) {
  const uint64_t numbers = (uint64_t)window * channels;
  return numbers > 0x1fffffffu ? 0 : (uint32_t)numbers;
}

/** memory: window_numbers() floats, which must not be 0; hop from 1. */
static inline void open_window(SlidingWindow* w, float* memory, uint32_t window, uint32_t hop, uint32_t channels) {
  w->readings = memory;
  w->window = window;
  w->hop = hop;
  w->channels = channels;
  w->held = w->skip = 0;
}

/** Lets go of a window that was whole, but for the readings that the next one shares with it. */
static inline void slide(SlidingWindow* w) {
  if (w->held < w->window) return;
  const uint32_t shared = w->hop < w->window ? w->window - w->hop : 0;
  const uint32_t first = (w->window - shared) * w->channels;
  for (uint32_t i = 0; i < shared * w->channels; i++) w->readings[i] = w->readings[first + i];
  w->held = shared;
  w->skip = w->hop > w->window ? w->hop - w->window : 0;
}

/** reading: one number a channel. True: the window is whole. */
static inline bool push_reading(SlidingWindow* w, const float* reading) {
  slide(w);
  if (w->skip > 0) {
    w->skip--;
    return false;
  }
  for (uint32_t i = 0; i < w->channels; i++) w->readings[w->held * w->channels + i] = reading[i];
  w->held++;
  return w->held == w->window;
}

}  // namespace fl
#endif
