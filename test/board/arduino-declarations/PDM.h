// Declarations for a compile check: the library PDM of the Mbed core.
#pragma once
#include <stddef.h>

class PDMClass {
 public:
  int begin(int channels, int rate);
  void end();
  int available();
  int read(void* to, size_t bytes);
  void onReceive(void (*function)());
};
extern PDMClass PDM;
