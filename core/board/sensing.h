// SENSE: readings to windows to features; a window is predicted, and kept as a row when it has a class.
#ifndef FL_BOARD_SENSING_H
#define FL_BOARD_SENSING_H
#include "use.h"

namespace fl {
namespace board {

enum { PREDICT_WINDOWS = 1, KEEP_WINDOWS = 2 };
/** Readings taken from a sensor at one poll. */
enum { READINGS_A_POLL = 8 };

static inline Outcome begin_sensing(Device* d, Reader* r, uint16_t* width) {
  Sense* s = &d->sense;
  const uint8_t sensor = r->u8(), flags = r->u8();
  const float rate = r->f32();
  const uint32_t window = r->u16(), hop = r->u16();
  const uint8_t count = r->u8();
  const uint8_t* features = r->bytes(count);
  *width = 0;
  if (!r->whole() || (flags & 0x0c) || count > sizeof(s->features)) return outcome(MALFORMED_MESSAGE);
  if (sensor == SENSOR_NONE) {
    end_sensing(d);
    return outcome(OK);
  }
  if (!d->has_model) return outcome(NO_MODEL);
  if (sensor > 31 || !((d->identity.sensors >> sensor) & 1)) return outcome(NO_SENSOR);
  if (!(rate > 0 && rate <= 100000) || hop == 0) return outcome(MALFORMED_MESSAGE);
  const uint32_t each = feature_width(features, count, window);
  if (each == 0) return outcome(MALFORMED_MESSAGE);
  end_sensing(d);
  uint32_t channels = (uint32_t)(flags >> 4) + 1;
  if (sensor != SENSOR_HOST) channels = d->hal.sense(d->hal.self, sensor, rate);
  if (channels == 0 || channels > MAX_CHANNELS) return outcome(NO_SENSOR);
  s->sensor = sensor;
  s->consumed = 0;
  const uint32_t wide = d->memory.wire_width;
  const uint32_t numbers = window_numbers(window, channels);
  const uint64_t needed = ((uint64_t)numbers + wide) * 4 + 32;
  const uint32_t given = d->memory.features - d->memory.free;
  Outcome o = outcome(OK);
  if (each > 65535 / channels || each * channels != wide) o = outcome(WRONG_PLACE, wide);
  else if (numbers == 0 || needed > given) o = outcome(NO_MEMORY, needed > 0xffffffffu ? 0xffffffffu : (uint32_t)needed);
  if (o.code != OK) {
    end_sensing(d);
    return o;
  }
  s->flags = flags;
  s->count = count;
  copy_bytes(s->features, features, count);
  s->channels = channels;
  s->number = 0;
  float* memory = floats_at(*d, d->memory.free);
  s->made = memory + (numbers + 3) / 4 * 4;
  open_window(&s->window, memory, window, hop, channels);
  *width = (uint16_t)wide;
  return outcome(OK);
}

/** Keeps the window in `made` under a class; false: it could not be kept. */
static inline bool keep_window(Device* d, int32_t label) {
  Sense* s = &d->sense;
  const float target = (float)label;
  if (d->rows.target_width > 1 || d->row_numbers != 0) return false;
  if (keep_row(d, s->made, &target).code != OK) return false;
  s->kept = true;
  return true;
}

/** A window is whole: its features, what is thought of it, and whether it is kept. */
static inline void window_is_whole(Device* d) {
  Sense* s = &d->sense;
  window_features(s->window.readings, s->window.window, s->channels, s->features, s->count, s->made);
  s->kept = false;
  s->some = all_finite(s->made, d->memory.wire_width);
  if (!s->some) return;
  s->number++;
  const bool predicted = (s->flags & PREDICT_WINDOWS) && d->has_weights && !works(*d) && predict_row(d, s->made);
  if ((s->flags & KEEP_WINDOWS) && s->label >= 0) keep_window(d, s->label);
  if (d->link.session == 0 || d->reading.open || out_room(d->link.out) < 2) {
    s->lost++;
    return;
  }
  Writer w = link_writer(&d->link);
  w.u8(WINDOW);
  w.u8(0);
  w.u32(s->number);
  w.u32((uint32_t)(s->kept ? s->label : -1));
  w.u8(predicted);
  const float* outputs = floats_at(*d, d->memory.outputs);
  for (uint32_t i = 0; predicted && i < output_size(d->model); i++) w.f32(outputs[i]);
  if (!w.full) out_written(&d->link.out, w.length);
}

/** True: a window became whole. */
static inline bool take_reading(Device* d, const float* channels) {
  if (!all_finite(channels, d->sense.channels) || !push_reading(&d->sense.window, channels)) return false;
  window_is_whole(d);
  return true;
}

/**
 * READINGS: whole readings only, and a window at a poll. Each window is told to the host, so it goes on only while there is
 * room for that (`later` else): the host is slowed down then, and no window is lost.
 */
static inline Outcome take_readings(Device* d, Reader* r, bool* later) {
  Sense* s = &d->sense;
  if (s->sensor != SENSOR_HOST) return outcome(NO_SENSOR);
  const uint32_t bytes = s->channels * 4;
  if (r->left == 0 || r->left % bytes != 0) return outcome(MALFORMED_MESSAGE);
  r->bytes(s->consumed);
  float channels[MAX_CHANNELS];
  while (r->left > 0) {
    *later = out_room(d->link.out) < 2;
    if (*later) return outcome(OK);
    for (uint32_t i = 0; i < s->channels; i++) channels[i] = r->f32();
    s->consumed += bytes;
    *later = take_reading(d, channels) && r->left > 0;
    if (*later) return outcome(OK);
  }
  return outcome(OK);
}

static inline void poll_sensor(Device* d) {
  float channels[MAX_CHANNELS];
  for (int k = 0; k < READINGS_A_POLL && d->sense.sensor > SENSOR_HOST; k++) {
    if (!d->hal.reading(d->hal.self, channels)) return;
    take_reading(d, channels);
  }
}

/** LABEL. mode 0: windows to come; 1: the last one. */
static inline Outcome label_windows(Device* d, uint8_t mode, int32_t label) {
  if (mode > 1 || label < -1) return outcome(MALFORMED_MESSAGE);
  if (d->sense.sensor == SENSOR_NONE) return outcome(NO_SENSOR);
  const uint32_t outputs = output_size(d->model);
  const int32_t classes = d->model.target != CLASS_INDEX ? 1 : outputs == 1 ? 2 : (int32_t)outputs;
  if (label >= classes) return outcome(NO_SUCH_CLASS, (uint32_t)label);
  if (mode == 0) d->sense.label = label;
  else if (label >= 0 && (!d->sense.some || (!d->sense.kept && !keep_window(d, label)))) return outcome(NO_SAMPLES);
  return outcome(OK);
}

}  // namespace board
}  // namespace fl
#endif
