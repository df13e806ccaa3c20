// Declarations for a compile check: the library Arduino_HS300x.
#pragma once

class ClimateSensor {
 public:
  int begin();
  float readTemperature(int units = 1);
  float readHumidity();
};
extern ClimateSensor HS300x;
