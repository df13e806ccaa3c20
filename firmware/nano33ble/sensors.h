// The sensors of the board as readings of so many channels, at the rate that was asked for. Between two new values of a
// slow sensor the last one counts.
#ifndef FL_NANO_SENSORS_H
#define FL_NANO_SENSORS_H
#include <Arduino.h>
#include <core/board/hal.h>
#include "microphone.h"
#include "settings.h"
#if FL_SENSORS == 1 || FL_SENSORS == 3
#include <Arduino_LSM9DS1.h>
#elif FL_SENSORS == 2 || FL_SENSORS == 4
#include <Arduino_BMI270_BMM150.h>
#endif
#if FL_SENSORS == 1
#include <Arduino_HTS221.h>
#elif FL_SENSORS == 2
#include <Arduino_HS300x.h>
#endif
#if FL_SENSORS == 1 || FL_SENSORS == 2
#include <Arduino_APDS9960.h>
#include <Arduino_LPS22HB.h>
#endif

namespace fl_nano {

static uint32_t sensors_there;
static uint8_t sensor_running;
static float sensor_last[6];
static uint32_t sensor_due_us, sensor_period_us;

/** Begins what answers; bit s: there is Sensor s. */
static inline uint32_t sensors_open() {
  using namespace fl::board;
  sensors_there = 1u << SENSOR_HOST;
#if FL_SENSORS != 0
  if (IMU.begin()) sensors_there |= 1u << SENSOR_MOTION;
#endif
#if FL_SENSORS == 1
  const bool climate = HTS.begin() && BARO.begin();
#elif FL_SENSORS == 2
  const bool climate = HS300x.begin() && BARO.begin();
#endif
#if FL_SENSORS == 1 || FL_SENSORS == 2
  if (climate) sensors_there |= 1u << SENSOR_CLIMATE;
  if (APDS.begin()) sensors_there |= 1u << SENSOR_LIGHT;
  sensors_there |= 1u << SENSOR_MICROPHONE;
#endif
  return sensors_there;
}

/** A sensor that a board of this kind has does not answer. */
static inline bool sensors_missing() {
  using namespace fl::board;
  uint32_t wanted = 0;
#if FL_SENSORS != 0
  wanted |= 1u << SENSOR_MOTION;
#endif
#if FL_SENSORS == 1 || FL_SENSORS == 2
  wanted |= 1u << SENSOR_CLIMATE | 1u << SENSOR_LIGHT;
#endif
  return (sensors_there & wanted) != wanted;
}

/** The newest values into sensor_last. */
static inline void sensor_refresh() {
  using namespace fl::board;
  float* to = sensor_last;
#if FL_SENSORS != 0
  if (sensor_running == SENSOR_MOTION) {
    if (IMU.accelerationAvailable()) IMU.readAcceleration(to[0], to[1], to[2]);
    if (IMU.gyroscopeAvailable()) IMU.readGyroscope(to[3], to[4], to[5]);
  }
#endif
#if FL_SENSORS == 1 || FL_SENSORS == 2
  if (sensor_running == SENSOR_MICROPHONE) to[0] = microphone_level();
  if (sensor_running == SENSOR_CLIMATE) {
#if FL_SENSORS == 1
    to[0] = HTS.readTemperature();
    to[1] = HTS.readHumidity();
#else
    to[0] = HS300x.readTemperature();
    to[1] = HS300x.readHumidity();
#endif
    to[2] = BARO.readPressure();
  }
  if (sensor_running == SENSOR_LIGHT) {
    int red, green, blue, clear;
    if (APDS.colorAvailable() && APDS.readColor(red, green, blue, clear)) {
      to[0] = (float)red;
      to[1] = (float)green;
      to[2] = (float)blue;
      to[3] = (float)clear;
    }
    if (APDS.proximityAvailable()) to[4] = (float)APDS.readProximity();
  }
#endif
  (void)to;
}

static inline uint32_t sensor_start(void*, uint8_t sensor, float rate) {
  using namespace fl::board;
  static const uint8_t channels[] = {0, 0, 6, 1, 3, 5};
#if FL_SENSORS == 1 || FL_SENSORS == 2
  if (sensor_running == SENSOR_MICROPHONE) microphone_stop();
#endif
  sensor_running = SENSOR_NONE;
  if (sensor < SENSOR_MOTION || sensor > SENSOR_LIGHT || !(sensors_there >> sensor & 1)) return 0;
  if (!(rate > 0.01f && rate <= 1000)) return 0;
#if FL_SENSORS == 1 || FL_SENSORS == 2
  if (sensor == SENSOR_MICROPHONE && !microphone_start()) return 0;
#endif
  for (float& value : sensor_last) value = 0;
  sensor_period_us = (uint32_t)(1e6f / rate);
  sensor_due_us = micros() + sensor_period_us;
  sensor_running = sensor;
  return channels[sensor];
}

static inline bool sensor_reading(void*, float* to) {
  static const uint8_t channels[] = {0, 0, 6, 1, 3, 5};
  if (sensor_running == fl::board::SENSOR_NONE) return false;
  const uint32_t late = micros() - sensor_due_us;
  if ((int32_t)late < 0) return false;
  // Readings that a long step held up are left out, not made up.
  sensor_due_us += late > sensor_period_us ? late - late % sensor_period_us + sensor_period_us : sensor_period_us;
  sensor_refresh();
  for (int c = 0; c < channels[sensor_running]; c++) to[c] = sensor_last[c];
  return true;
}

}  // namespace fl_nano
#endif
