// The seam at which a board runs a frozen backbone, whatever runs it: this core, or an interpreter from elsewhere.
#ifndef FL_INT8_BACKBONE_H
#define FL_INT8_BACKBONE_H
#include <stdint.h>

namespace fl {

struct BackboneInfo {
  uint32_t inputs, outputs, arena_bytes;
};

struct Backbone {
  /** "core" or "tflm". */
  const char* name;
  /**
   * Takes a .tflite file and the memory to run it in; both stay where they are until the next open. 0, or a refusal. `info`
   * is filled also when the arena is too small, which has a code of its own (int8/refusal.h): so it tells what is needed.
   */
  int (*open)(void* self, const uint8_t* file, uint32_t bytes, uint8_t* arena, uint32_t arena_bytes, BackboneInfo* info);
  /** One row of `inputs` numbers to one of `outputs`. 0, or a refusal. */
  int (*run)(void* self, const float* in, float* out);
  void* self;
};

}  // namespace fl
#endif
