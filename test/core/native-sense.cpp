// Sensing as an ordinary program, for scripts/test-core-native.mjs: reads u32 window, hop, channels, features and readings,
// then that many features (a byte each) and readings (float32); writes the features of each window that becomes whole.
#include <stdio.h>
#include <stdlib.h>

#include "../../core/sense/features.h"
#include "../../core/sense/window.h"

using namespace fl;

/** An exact allocation, so that the sanitizers see every step beside it. */
template <typename T>
static T* room(size_t count) {
  return static_cast<T*>(calloc(count ? count : 1, sizeof(T)));
}

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : 0;
  uint32_t head[5];
  if (!file || fread(head, sizeof(head), 1, file) != 1) return 1;
  const uint32_t window = head[0], hop = head[1], channels = head[2], n = head[3], readings = head[4];
  uint8_t* features = room<uint8_t>(n);
  float* x = room<float>((size_t)readings * channels);
  if (fread(features, 1, n, file) != n || fread(x, 4 * channels, readings, file) != readings) return 1;
  fclose(file);
  const uint32_t width = feature_width(features, n, window);
  if (width == 0 || window_numbers(window, channels) == 0) return 0;
  float* out = room<float>((size_t)width * channels);
  SlidingWindow w;
  open_window(&w, room<float>(window_numbers(window, channels)), window, hop, channels);
  for (uint32_t t = 0; t < readings; t++) {
    if (!push_reading(&w, x + (size_t)t * channels)) continue;
    window_features(w.readings, window, channels, features, n, out);
    fwrite(out, 4 * width, channels, stdout);
  }
  free(w.readings);
  free(out);
  free(x);
  free(features);
  return 0;
}
