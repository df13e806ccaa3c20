// What a board takes of the core, as one unit: scripts/test-core-native.mjs compiles it for a Cortex-M4F and looks at
// what it calls.
#include "../../core/int8/core_backbone.h"
#include "../../core/kernels/crc32.h"
#include "../../core/kernels/quantize.h"
#include "../../core/plan.h"
#include "../../core/sense/features.h"
#include "../../core/sense/window.h"
#include "../../core/train.h"
#include "../../core/weights.h"

using namespace fl;

extern "C" {
int board_plan(Model* m, const int32_t* words, uint32_t n) { return plan(m, words, n); }
int board_train(Training* t, Model* m, const Samples* s, uint32_t steps) { return train(t, m, *s, steps); }
void board_begin(Training* t, Model* m, const Samples* s) { begin_training(t, m, *s); }
void board_predict(const Model* m, const Samples* s, float* out) { predict(*m, *s, 0, 1, out); }
void board_put(const Model* m, const float* v, uint32_t from, uint32_t n) { put_weights(*m, v, from, n); }
void board_get(const Model* m, float* v, uint32_t from, uint32_t n) { get_numbers(*m, m->weights, v, from, n); }
uint32_t board_crc(const uint8_t* bytes, uint32_t n) { return crc32(bytes, n, 0); }
void board_quantize(const float* v, uint32_t n, const float* scales, const float* zeros, uint8_t* out) {
  quantize(v, n, 8, scales, zeros, 32, 0, out);
}
bool board_reading(SlidingWindow* w, const float* reading, const uint8_t* features, uint32_t n, float* out) {
  if (feature_width(features, n, w->window) == 0 || !push_reading(w, reading)) return false;
  window_features(w->readings, w->window, w->channels, features, n, out);
  return true;
}
fl::Backbone board_backbone(int8::CoreBackbone* core) { return int8::core_backbone(core); }
}
