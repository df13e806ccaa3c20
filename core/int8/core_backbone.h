// The core's own int8 inference as a backbone.
#ifndef FL_INT8_CORE_BACKBONE_H
#define FL_INT8_CORE_BACKBONE_H
#include "backbone.h"
#include "forward.h"
#include "open.h"

namespace fl {
namespace int8 {

struct CoreBackbone {
  Network network;
  /** 0 until a file has been opened. */
  uint8_t* arena;
};

static inline int core_open(void* self, const uint8_t* file, uint32_t bytes, uint8_t* arena, uint32_t given,
                            BackboneInfo* info) {
  CoreBackbone* core = static_cast<CoreBackbone*>(self);
  core->arena = 0;
  info->inputs = info->outputs = info->arena_bytes = 0;
  const int refused = open(&core->network, file, bytes);
  if (refused) return refused;
  info->inputs = core->network.inputs;
  info->outputs = core->network.outputs;
  info->arena_bytes = arena_bytes(core->network);
  if (given < info->arena_bytes) return ARENA_TOO_SMALL;
  core->arena = arena;
  return 0;
}

static inline int core_run(void* self, const float* in, float* out) {
  const CoreBackbone* core = static_cast<const CoreBackbone*>(self);
  if (!core->arena) return NOT_OPEN;
  forward_float(core->network, core->arena, in, out);
  return 0;
}

/** `core` must last as long as what is given, with arena 0 at first. */
static inline Backbone core_backbone(CoreBackbone* core) {
  core->arena = 0;
  const Backbone backbone = {"core", core_open, core_run, core};
  return backbone;
}

}  // namespace int8
}  // namespace fl
#endif
