// The three-coloured LED says what the board does (docs/board.md).
#ifndef FL_NANO_LED_H
#define FL_NANO_LED_H
#include <Arduino.h>

namespace fl_nano {

enum { LED_WRONG_BUILD = 5 };

struct Light {
  bool red, green, blue;
  /** Milliseconds lit, of a period. */
  uint16_t lit, period;
};

// By state: empty, has a model, has weights, trains, evaluates, wrong build.
static const Light lights[] = {{false, false, true, 100, 2000}, {false, true, true, 100, 2000},
                               {false, true, false, 100, 2000}, {true, true, false, 100, 200},
                               {false, true, true, 100, 200},   {true, false, false, 500, 1000}};

static inline void led_open() {
  pinMode(LEDR, OUTPUT);
  pinMode(LEDG, OUTPUT);
  pinMode(LEDB, OUTPUT);
}

static inline void led_show(int state) {
  const Light& light = lights[state >= 0 && state <= LED_WRONG_BUILD ? state : LED_WRONG_BUILD];
  const bool on = millis() % light.period < light.lit;
  // Low is lit.
  digitalWrite(LEDR, on && light.red ? LOW : HIGH);
  digitalWrite(LEDG, on && light.green ? LOW : HIGH);
  digitalWrite(LEDB, on && light.blue ? LOW : HIGH);
}

}  // namespace fl_nano
#endif
