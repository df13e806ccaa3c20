// Declarations for a compile check: the library Arduino_APDS9960.
#pragma once

class LightSensor {
 public:
  bool begin();
  int colorAvailable();
  bool readColor(int& red, int& green, int& blue, int& clear);
  int proximityAvailable();
  int readProximity();
};
extern LightSensor APDS;
