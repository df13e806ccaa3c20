// The features of a window of readings, channel by channel: the numbers under SENSE in docs/board-protocol.md. Float alone,
// one accumulator from the oldest reading to the newest, so that every target gives the same bits.
#ifndef FL_SENSE_FEATURES_H
#define FL_SENSE_FEATURES_H
#include "../real.h"

namespace fl {

enum Feature {
  FEATURE_RAW = 0,        // the readings themselves, oldest first
  FEATURE_MEAN = 1,
  FEATURE_DEVIATION = 2,  // of the population
  FEATURE_MINIMUM = 3,
  FEATURE_MAXIMUM = 4,
  FEATURE_RMS = 5,
  FEATURE_MAGNITUDE = 6,  // mean of |x|
  FEATURE_CROSSINGS = 7,  // changes of side of the mean, the mean itself being above, over the number of readings
  FEATURE_ROUGHNESS = 8,  // mean of |difference of neighbours|; 0 for one reading
  FEATURE_RANGE = 9,
  FEATURES = 10
};

/** Numbers that one channel of a window gives. 0: there are none, a feature is not known, or they are more than 2^32 - 1. */
static inline uint32_t feature_width(const uint8_t* features, uint32_t n, uint32_t window) {
  uint32_t width = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (features[i] >= FEATURES || window == 0) return 0;
    const uint32_t more = features[i] == FEATURE_RAW ? window : 1;
    if (width > 0xffffffffu - more) return 0;
    width += more;
  }
  return width;
}

/** One channel: reading t is x[t * channels]. */
struct Channel {
  const float* x;
  uint32_t readings, channels;
};

FL_INLINE float absolute(float x) { return x < 0 ? -x : x; }

static inline float channel_mean(const Channel& c) {
  float sum = 0;
  for (uint32_t t = 0; t < c.readings; t++) sum += c.x[t * c.channels];
  return sum / (float)c.readings;
}

static inline float channel_deviation(const Channel& c) {
  const float mean = channel_mean(c);
  float sum = 0;
  for (uint32_t t = 0; t < c.readings; t++) {
    const float d = c.x[t * c.channels] - mean;
    sum += d * d;
  }
  return __builtin_sqrtf(sum / (float)c.readings);
}

static inline float channel_minimum(const Channel& c) {
  float best = c.x[0];
  for (uint32_t t = 1; t < c.readings; t++) best = c.x[t * c.channels] < best ? c.x[t * c.channels] : best;
  return best;
}

static inline float channel_maximum(const Channel& c) {
  float best = c.x[0];
  for (uint32_t t = 1; t < c.readings; t++) best = c.x[t * c.channels] > best ? c.x[t * c.channels] : best;
  return best;
}

static inline float channel_rms(const Channel& c) {
  float sum = 0;
  for (uint32_t t = 0; t < c.readings; t++) sum += c.x[t * c.channels] * c.x[t * c.channels];
  return __builtin_sqrtf(sum / (float)c.readings);
}

static inline float channel_magnitude(const Channel& c) {
  float sum = 0;
  for (uint32_t t = 0; t < c.readings; t++) sum += absolute(c.x[t * c.channels]);
  return sum / (float)c.readings;
}

static inline float channel_crossings(const Channel& c) {
  const float mean = channel_mean(c);
  uint32_t changes = 0;
  for (uint32_t t = 1; t < c.readings; t++) {
    const bool before = c.x[(t - 1) * c.channels] >= mean, now = c.x[t * c.channels] >= mean;
    changes += before != now;
  }
  return (float)changes / (float)c.readings;
}

static inline float channel_roughness(const Channel& c) {
  if (c.readings < 2) return 0;
  float sum = 0;
  for (uint32_t t = 1; t < c.readings; t++) sum += absolute(c.x[t * c.channels] - c.x[(t - 1) * c.channels]);
  return sum / (float)(c.readings - 1);
}

static inline float channel_feature(const Channel& c, uint8_t feature) {
  switch (feature) {
    case FEATURE_MEAN: return channel_mean(c);
    case FEATURE_DEVIATION: return channel_deviation(c);
    case FEATURE_MINIMUM: return channel_minimum(c);
    case FEATURE_MAXIMUM: return channel_maximum(c);
    case FEATURE_RMS: return channel_rms(c);
    case FEATURE_MAGNITUDE: return channel_magnitude(c);
    case FEATURE_CROSSINGS: return channel_crossings(c);
    case FEATURE_ROUGHNESS: return channel_roughness(c);
    default: return channel_maximum(c) - channel_minimum(c);
  }
}

/**
 * readings: window x channels, reading by reading, oldest first, finite; window and channels from 1. features: n that
 * feature_width() takes. out: channels x feature_width() numbers, all of a channel together, in the order of `features`; or, when
 * FEATURE_RAW is all that is asked, the window as it is, [steps, channels] for convolutions. Large readings may give numbers that
 * are not finite: the caller looks.
 */
static inline void window_features(const float* readings, uint32_t window, uint32_t channels, const uint8_t* features,
                                   uint32_t n, float* out) {
  if (n == 1 && features[0] == FEATURE_RAW) {
    for (uint32_t i = 0; i < window * channels; i++) out[i] = readings[i];
    return;
  }
  for (uint32_t channel = 0; channel < channels; channel++) {
    const Channel c = {readings + channel, window, channels};
    for (uint32_t i = 0; i < n; i++) {
      if (features[i] == FEATURE_RAW) {
        for (uint32_t t = 0; t < window; t++) *out++ = c.x[t * channels];
      } else {
        *out++ = channel_feature(c, features[i]);
      }
    }
  }
}

}  // namespace fl
#endif
