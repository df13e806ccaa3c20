// Declarations for a compile check: the library Arduino_LPS22HB.
#pragma once

class PressureSensor {
 public:
  int begin();
  /** kPa by default. */
  float readPressure(int units = 1);
};
extern PressureSensor BARO;
