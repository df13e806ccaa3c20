// Declarations for a compile check: the library Arduino_LSM9DS1.
#pragma once

class MotionSensor {
 public:
  int begin();
  int accelerationAvailable();
  int readAcceleration(float& x, float& y, float& z);
  int gyroscopeAvailable();
  int readGyroscope(float& x, float& y, float& z);
};
extern MotionSensor IMU;
