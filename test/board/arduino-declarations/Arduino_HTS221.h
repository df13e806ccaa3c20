// Declarations for a compile check: the library Arduino_HTS221.
#pragma once

class ClimateSensor {
 public:
  int begin();
  float readTemperature(int units = 1);
  float readHumidity();
};
extern ClimateSensor HTS;
