// TensorFlow Lite Micro as a backbone. A file comes from outside, and TFLM trusts what it reads: so the core's own reader
// checks every offset and shape before TFLM sees it.
#ifndef FL_TFLM_BACKBONE_H
#define FL_TFLM_BACKBONE_H
#ifdef __GNUC__
// In the sketch's unit, which the Arduino core compiles with fused multiply-add (see fl_board.cpp).
#pragma GCC push_options
#pragma GCC optimize("O3", "fp-contract=off")
#endif
#include "../../core/int8/backbone.h"
#include "../../core/int8/forward.h"
#include "../../core/int8/open.h"
#ifdef FL_TFLM_LIBRARY
#include FL_TFLM_LIBRARY
#else
#include "tflm_library.h"
#endif

namespace fl {
namespace tflm {

/** Beside the codes of core/int8/refusal.h. */
enum Refusal { TFLM_REFUSES = -150, TFLM_FAILED = -151 };

struct TflmBackbone {
  int8::Network network;
  Resolver resolver;
  /** 0: no file is open. */
  ::tflite::MicroInterpreter* interpreter;
  bool has_operators;
  alignas(16) uint8_t room[sizeof(::tflite::MicroInterpreter)];
};

/** Activations, and what TFLM keeps for each operator and each channel; measured needs stay below it. */
static inline uint32_t most_arena(const int8::Network& n) {
  uint32_t bytes = 4096 + 2 * int8::arena_bytes(n);
  for (uint32_t i = 0; i < n.count; i++) bytes += 512 + 16 * n.operators[i].scale_count;
  return bytes;
}

static inline int open(void* self, const uint8_t* file, uint32_t bytes, uint8_t* arena, uint32_t given, BackboneInfo* info) {
  TflmBackbone* b = static_cast<TflmBackbone*>(self);
  // The interpreter before is left without its destructor, which would walk through a file and an arena that may be gone by
  // now. It owns nothing.
  b->interpreter = 0;
  info->inputs = info->outputs = info->arena_bytes = 0;
  const int refused = int8::open(&b->network, file, bytes);
  if (refused) return refused;
  info->inputs = b->network.inputs;
  info->outputs = b->network.outputs;
  info->arena_bytes = most_arena(b->network);
  if (given < info->arena_bytes) return int8::ARENA_TOO_SMALL;
  if (!b->has_operators && !(b->has_operators = add_operators(&b->resolver))) return TFLM_REFUSES;
  b->interpreter = make_interpreter(b->room, ::tflite::GetModel(file), b->resolver, arena, given);
  if (b->interpreter->AllocateTensors() == kTfLiteOk) return 0;
  b->interpreter = 0;
  return TFLM_REFUSES;
}

static inline int run(void* self, const float* in, float* out) {
  TflmBackbone* b = static_cast<TflmBackbone*>(self);
  if (!b->interpreter) return int8::NOT_OPEN;
  TfLiteTensor* x = b->interpreter->input(0);
  for (uint32_t i = 0; i < b->network.inputs; i++) {
    if (x->type == kTfLiteInt8) x->data.int8[i] = int8::quantised(in[i], b->network.input);
    else x->data.f[i] = in[i];
  }
  if (b->interpreter->Invoke() != kTfLiteOk) return TFLM_FAILED;
  const TfLiteTensor* y = b->interpreter->output(0);
  for (uint32_t i = 0; i < b->network.outputs; i++) {
    out[i] = y->type == kTfLiteInt8 ? int8::dequantised(y->data.int8[i], b->network.output) : y->data.f[i];
  }
  return 0;
}

/** `backbone` is static memory, all zero, and lasts as long as what is given. */
static inline Backbone tflm_backbone(TflmBackbone* backbone) {
  const Backbone seam = {"tflm", open, run, backbone};
  return seam;
}

}  // namespace tflm
}  // namespace fl

#ifdef __GNUC__
#pragma GCC pop_options
#endif
#endif
