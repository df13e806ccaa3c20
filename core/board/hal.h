// What the board's core asks of the machine that it runs on: a few functions, none of which waits. A firmware fills these in;
// so do QEMU's and the virtual board.
#ifndef FL_BOARD_HAL_H
#define FL_BOARD_HAL_H
#include <stdint.h>

namespace fl {
namespace board {

enum ResetReason { RESET_UNKNOWN = 0, RESET_POWER = 1, RESET_PIN = 2, RESET_WATCHDOG = 3, RESET_ASKED = 4 };
enum Sensor { SENSOR_NONE = 0, SENSOR_HOST = 1, SENSOR_MOTION = 2, SENSOR_MICROPHONE = 3, SENSOR_CLIMATE = 4, SENSOR_LIGHT = 5 };

/** Most channels of a sensor. */
enum { MAX_CHANNELS = 16 };

struct Hal {
  void* self;
  /** Milliseconds since the start; wraps. */
  uint32_t (*now)(void* self);
  /** Takes up to `most` bytes that have come from the host; how many. */
  uint32_t (*receive)(void* self, uint8_t* to, uint32_t most);
  /** Hands bytes to the line; how many it took, 0 to n. What it took may still be lost. */
  uint32_t (*send)(void* self, const uint8_t* bytes, uint32_t n);
  /** A reading of the sensor that was started, if one is due: its channels into `channels`. False: none yet. */
  bool (*reading)(void* self, float* channels);
  /** Starts a sensor with so many readings a second (Sensor; SENSOR_NONE stops). Number of channels, or 0: it has none such. */
  uint32_t (*sense)(void* self, uint8_t sensor, float rate);
  /** Writes or reads the whole of what is kept through a reset, `n` bytes; false: it cannot, or there is nothing. save(0, 0) forgets. */
  bool (*save)(void* self, const uint8_t* bytes, uint32_t n);
  uint32_t (*restore)(void* self, uint8_t* to, uint32_t most);
  /** Starts the whole board anew. May return: then nothing happens. */
  void (*reset)(void* self);
};

/** What does not change while the board runs. */
struct Identity {
  uint8_t id[16];
  const char* name;
  uint32_t boot;
  uint8_t reset_reason;
  uint8_t firmware_major, firmware_minor;
  /** Bit s: Sensor s. */
  uint32_t sensors;
  /** Bytes that the machine holds while the core is busy. */
  uint32_t ring;
};

}  // namespace board
}  // namespace fl
#endif
