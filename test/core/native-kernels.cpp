// The vector kernels as an ordinary program, for scripts/test-core-native.mjs: reads float32 vectors of 64 numbers from a
// file and writes what each kernel makes of them, to be compared with core.wasm's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/kernels/by_coordinate.h"
#include "../../core/kernels/crc32.h"
#include "../../core/kernels/distance.h"
#include "../../core/kernels/fold.h"
#include "../../core/kernels/levels.h"
#include "../../core/kernels/quantize.h"
#include "../../core/kernels/rotate.h"
#include "../../core/kernels/sparse.h"

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

/** Blocks of each size, with and without a rotation, and the way back. */
static void rotation(const float* v) {
  const float levels[4] = {-1.5f, -0.5f, 0.5f, 1.5f};
  for (uint32_t size = 8; size <= 1024; size *= 2) {
    for (uint32_t bits = 1; bits <= 2; bits++) {
      for (int rotate = 0; rotate < 2; rotate++) {
        float* work = room<float>(size);
        uint8_t* packed = room<uint8_t>(size * bits / 8);
        const Rotated made = rotated_codes(v, size - 3, size, rotate, size, bits, levels + 2 - bits, work, packed);
        put(packed, size * bits / 8);
        put(&made, 1);
        rotated_back(packed, size, rotate, size, bits, levels + 2 - bits, 0.01f, work);
        put(work, size);
        free(work);
        free(packed);
      }
    }
  }
}

static bool levels(const float* v, uint32_t n) {
  int16_t* found = room<int16_t>(n);
  float* back = room<float>(n);
  uint8_t* packed = room<uint8_t>((n + 4) / 5);
  Random random = seeded(3);
  random_levels(v, n, 0.7f, 1, &random, found);
  pack_trits(found, n, packed);
  put(packed, (n + 4) / 5);
  if (!unpack_trits(packed, n, 0.7f, back)) return false;
  put(back, n);
  free(packed);
  for (uint32_t most = 1; most <= 255; most *= 4) {
    const uint32_t bucket = 100, count = (n + bucket - 1) / bucket;
    float* steps = room<float>(count);
    Random own = seeded(most);
    bucket_levels(v, n, bucket, most, &own, steps, found);
    const uint32_t dense = write_buckets(found, n, bucket, false, 0), sparse = write_buckets(found, n, bucket, true, 0);
    const bool is_sparse = sparse < dense;
    const uint32_t bytes = is_sparse ? sparse : dense;
    uint8_t* stream = room<uint8_t>(bytes);
    write_buckets(found, n, bucket, is_sparse, stream);
    put(steps, count);
    put(stream, bytes);
    if (!read_buckets(stream, bytes, n, bucket, most, is_sparse, steps, back)) return false;
    put(back, n);
    // Whatever the bits are: nothing is read or written beside.
    uint8_t* bent = room<uint8_t>(bytes);
    for (uint32_t round = 0; round < 2000; round++) {
      const uint32_t some = 1 + below(&own, bytes);
      memcpy(bent, stream, bytes);
      for (uint32_t k = 0; k < 1 + round % 40; k++) bent[below(&own, bytes)] = (uint8_t)next(&own);
      uint8_t* part = room<uint8_t>(some);
      memcpy(part, bent, some);
      read_buckets(part, some, n, bucket, most, round % 2, steps, back);
      free(part);
    }
    free(bent);
    free(stream);
    free(steps);
  }
  free(found);
  free(back);
  return true;
}

static void sparse(const float* v, uint32_t n) {
  uint32_t* counts = room<uint32_t>(MAGNITUDE_COUNTS);
  uint32_t* out = room<uint32_t>(n);
  const uint32_t bits = greatest_magnitude(v, n, 100, counts);
  put(out, positions_from(v, n, bits, counts[0], out));
  put(out, positions_from(v, n, magnitude_of(0.75f), n, out));
  draw_positions(n, 100, 41, out);
  put(out, 100);
  free(counts);
  free(out);
}

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : 0;
  if (!file) return 1;
  float* v = room<float>(LENGTH * MOST);
  const uint32_t count = (uint32_t)(fread(v, LENGTH * sizeof(float), MOST, file) / 4 * 4);
  fclose(file);
  const uint32_t n = count * LENGTH;
  quantisation(v, n - 3);
  rotation(v);
  if (!levels(v, n - 3)) return 1;

  uint64_t* bins = static_cast<uint64_t*>(aligned_alloc(16, LENGTH * 16));
  memset(bins, 0, LENGTH * 16);
  const double weights[4] = {3, 0.7, 11, 1e-3};
  for (uint32_t i = 0; i < count; i++) fold_add(bins, v + (size_t)i * LENGTH, LENGTH, weights[i % 4]);
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
  sparse(v, n - 3);
  return 0;
}
