// Declarations for a compile check: Mbed OS 6.
#pragma once
#include <stdint.h>

namespace mbed {
class FlashIAP {
 public:
  int init();
  int erase(uint32_t address, uint32_t bytes);
  int program(const void* from, uint32_t address, uint32_t bytes);
  uint32_t get_sector_size(uint32_t address) const;
};
}  // namespace mbed
