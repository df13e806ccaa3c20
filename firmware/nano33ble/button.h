// A button between a pin and ground: presses are counted and told, without the bouncing of its contacts.
#ifndef FL_NANO_BUTTON_H
#define FL_NANO_BUTTON_H
#include <Arduino.h>
#include <FlBoard.h>
#include "settings.h"

namespace fl_nano {

enum : uint32_t { BOUNCE_MS = 20 };

static bool button_down;
static uint32_t button_changed, button_presses;

static inline void button_open() {
#if FL_BUTTON_PIN >= 0
  pinMode(FL_BUTTON_PIN, INPUT_PULLUP);
#endif
}

static inline void button_look() {
#if FL_BUTTON_PIN >= 0
  const bool down = digitalRead(FL_BUTTON_PIN) == LOW;
  if (down == button_down || millis() - button_changed < BOUNCE_MS) return;
  button_down = down;
  button_changed = millis();
  if (down) button_presses++;
  fl_board::button(down, button_presses);
#endif
}

}  // namespace fl_nano
#endif
