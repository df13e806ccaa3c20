// Declarations for a compile check: what the sketch uses of Mbed OS 6.
#pragma once
#include <stdint.h>

namespace std {
namespace chrono {
struct milliseconds {
  explicit milliseconds(long n);
};
struct seconds {
  explicit seconds(long n);
};
}  // namespace chrono
}  // namespace std

enum osPriority { osPriorityNormal = 24, osPriorityAboveNormal = 32 };

namespace rtos {
class Thread {
 public:
  Thread(osPriority priority, uint32_t stack_bytes);
  int start(void (*task)());
};
namespace ThisThread {
void sleep_for(std::chrono::milliseconds duration);
}
}  // namespace rtos

namespace mbed {
class Ticker {
 public:
  void attach(void (*function)(), std::chrono::seconds period);
};
}  // namespace mbed
