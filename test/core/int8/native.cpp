// The int8 forward pass as an ordinary program, for scripts/lib/native-int8.mjs.
//   run FILE ROWS            the codes of the rows in ROWS to standard output, or the refusal as a number
//   fuzz FILE ROUNDS SEED    mutates the file: what is taken must run within the file and the arena (sanitizers); prints how many were
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../core/int8/core_backbone.h"

using namespace fl::int8;

static uint8_t* read_all(const char* path, uint32_t* bytes) {
  FILE* file = fopen(path, "rb");
  if (!file) exit(1);
  fseek(file, 0, SEEK_END);
  *bytes = (uint32_t)ftell(file);
  rewind(file);
  uint8_t* all = static_cast<uint8_t*>(malloc(*bytes + 1));
  if (fread(all, 1, *bytes, file) != *bytes) exit(1);
  fclose(file);
  return all;
}

static int run_rows(const uint8_t* file, uint32_t bytes, const char* path) {
  static Network network;
  const int refused = open(&network, file, bytes);
  if (refused) return printf("%d", refused), 0;
  uint32_t length = 0;
  const uint8_t* rows = read_all(path, &length);
  uint8_t* arena = static_cast<uint8_t*>(malloc(arena_bytes(network)));
  int8_t* out = static_cast<int8_t*>(malloc(network.outputs));
  for (uint32_t at = 0; at < length; at += network.inputs) {
    forward(network, arena, reinterpret_cast<const int8_t*>(rows + at), out);
    fwrite(out, 1, network.outputs, stdout);
  }
  return 0;
}

static uint32_t state;
static uint32_t random32() {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** Bytes, offsets and counts changed in a copy that ends where its memory ends. */
static uint8_t* mutated(const uint8_t* file, uint32_t* bytes) {
  if (random32() % 8 == 0) *bytes = random32() % (*bytes + 1);
  uint8_t* copy = static_cast<uint8_t*>(malloc(*bytes > 0 ? *bytes : 1));
  memcpy(copy, file, *bytes);
  static const uint32_t odd[] = {0, 1, 0xffffffffu, 0x7fffffffu, 0x80000000u, 0xffffu, 0x10000u, 0x1000000u};
  for (uint32_t k = random32() % 5; *bytes >= 8 && k < 5; k++) {
    uint8_t* at = copy + random32() % (*bytes - 3);
    uint8_t* word = copy + random32() % (*bytes / 4) * 4;
    const uint32_t kind = random32() % 5, any = random32();
    uint32_t value;
    memcpy(&value, word, 4);
    if (kind == 0) *at = (uint8_t)any;
    if (kind == 1) memcpy(word, &any, 4);
    if (kind == 2) value += any % 65 - 32, memcpy(word, &value, 4);
    if (kind == 3) memcpy(word, &odd[any % 8], 4);
    if (kind == 4) memcpy(at, &odd[any % 8], any % 2 + 1);
  }
  return copy;
}

/** Runs through the seam, as a board does, in an arena that is just large enough. */
static bool survives(const uint8_t* file, uint32_t bytes) {
  static CoreBackbone core;
  const fl::Backbone backbone = core_backbone(&core);
  fl::BackboneInfo info;
  const int refused = backbone.open(backbone.self, file, bytes, 0, 0, &info);
  if (refused != ARENA_TOO_SMALL || core.network.products > 1000000 || info.arena_bytes > 1000000) return false;
  uint8_t* arena = static_cast<uint8_t*>(malloc(info.arena_bytes));
  float* in = static_cast<float*>(malloc(info.inputs * sizeof(float)));
  float* out = static_cast<float*>(malloc(info.outputs * sizeof(float)));
  for (uint32_t i = 0; i < info.inputs; i++) in[i] = i % 7 == 0 ? __builtin_nanf("") : (float)(i % 100) * 1e3f - 5e4f;
  if (backbone.open(backbone.self, file, bytes, arena, info.arena_bytes, &info) != 0) abort();
  if (backbone.run(backbone.self, in, out) != 0) abort();
  free(arena);
  free(in);
  free(out);
  return true;
}

int main(int count, char** words) {
  if (count < 4) return 1;
  uint32_t bytes = 0;
  const uint8_t* file = read_all(words[2], &bytes);
  if (strcmp(words[1], "run") == 0) return run_rows(file, bytes, words[3]);
  state = (uint32_t)strtoul(count > 4 ? words[4] : "1", 0, 10) | 1;
  uint32_t taken = 0;
  for (uint32_t round = (uint32_t)strtoul(words[3], 0, 10); round > 0; round--) {
    uint32_t length = bytes;
    uint8_t* copy = mutated(file, &length);
    taken += survives(copy, length);
    free(copy);
  }
  printf("%u", taken);
  return 0;
}
