// The vector kernels as an ordinary program, for scripts/test-core-native.mjs: reads float32 vectors of 64 numbers from a
// file and writes what each kernel makes of them, to be compared with core.wasm's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/kernels/by_coordinate.h"
#include "../../core/kernels/crc32.h"
#include "../../core/kernels/distance.h"
#include "../../core/kernels/fold.h"
#include "../../core/kernels/quantize.h"

using namespace fl;

enum { LENGTH = 64, MOST = 64 };

template <typename T>
static void put(const T* values, size_t count) {
  fwrite(values, sizeof(T), count, stdout);
}

/** An exact allocation, so that the sanitizers see every step beside it. */
template <typename T>
static T* room(size_t count) {
  return static_cast<T*>(calloc(count, sizeof(T)));
}

static void quantisation(const float* v, uint32_t n) {
  float scales[32], zeros[32];
  for (int c = 0; c < 32; c++) {
    scales[c] = 0.01f + 0.001f * (float)(c % 4);
    zeros[c] = -1.5f;
  }
  for (uint32_t bits = 1; bits <= 16; bits++) {
    const uint32_t size = (n * bits + 7) / 8;
    for (int stochastic = 0; stochastic < 2; stochastic++) {
      Random random = seeded(bits);
      uint8_t* packed = room<uint8_t>(size);
      float* back = room<float>(n);
      quantize(v, n, bits, scales, zeros, 32, stochastic ? &random : 0, packed);
      dequantize(packed, n, bits, scales, zeros, 32, back);
      put(packed, size);
      put(back, n);
      free(packed);
      free(back);
    }
  }
}

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : 0;
  if (!file) return 1;
  float* v = room<float>(LENGTH * MOST);
  const uint32_t count = (uint32_t)(fread(v, LENGTH * sizeof(float), MOST, file) / 4 * 4);
  fclose(file);
  const uint32_t n = count * LENGTH;
  quantisation(v, n - 3);

  uint64_t* bins = static_cast<uint64_t*>(aligned_alloc(16, LENGTH * 16));
  memset(bins, 0, LENGTH * 16);
  const double weights[4] = {3, 0.7, 11, 1e-3};
  for (uint32_t i = 0; i < count; i += 4) {
    const float* four = v + (size_t)i * LENGTH;
    fold_add4(bins, four, four + LENGTH, four + 2 * LENGTH, four + 3 * LENGTH, LENGTH, weights);
  }
  fold_add(bins, v, LENGTH, 5);
  fold_settle(bins, LENGTH, count + 1);
  float* mean = room<float>(LENGTH);
  fold_mean(bins, LENGTH, 17, mean);
  put(mean, LENGTH);

  double* rows = static_cast<double*>(aligned_alloc(16, n * sizeof(double)));
  for (uint32_t i = 0; i < count; i++) distances_put(v + (size_t)i * LENGTH, LENGTH, i, count, rows);
  double* sums = room<double>(count * count);
  distances_of(rows, count, LENGTH, sums);
  distances_mirror(sums, count);
  put(sums, count * count);

  const uint32_t crc = crc32((const uint8_t*)v, n * 4 - 5, 0);
  put(&crc, 1);
  const double product = dot(v, v + 1, n - 1);
  put(&product, 1);

  int32_t* keys = static_cast<int32_t*>(aligned_alloc(16, count * SELECT_COLUMNS * sizeof(int32_t)));
  const Tile tile = {count, keys, room<int32_t>(count)};
  for (int kind = 0; kind < 3; kind++) {
    for (uint32_t c = 0; c < LENGTH; c += SELECT_COLUMNS) {
      float* out = mean + c;
      if (kind == 0) median_tile(tile, v + c, LENGTH, SELECT_COLUMNS, out);
      else if (kind == 1 ? trimmed_tile(tile, v + c, LENGTH, SELECT_COLUMNS, 5, out)
                         : near_tile(tile, v + c, LENGTH, SELECT_COLUMNS, 7, out))
        return 1;
    }
    put(mean, LENGTH);
  }
  for (uint32_t i = 0; i < count; i++) {
    const double distance = __builtin_sqrt(distance_wide(v + (size_t)i * LENGTH, rows + 3 * LENGTH, LENGTH));
    put(&distance, 1);
  }
  for (uint32_t i = 0; i < count; i++) {
    const double product = dot_wide(v + (size_t)i * LENGTH, rows + 3 * LENGTH, LENGTH);
    put(&product, 1);
  }
  const double norm = __builtin_sqrt(squared_norm(v + 3, LENGTH - 5));
  put(&norm, 1);
  return 0;
}
