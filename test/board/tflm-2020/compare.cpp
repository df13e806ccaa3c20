// The same .tflite files and rows through the core's own int8 inference and through TensorFlow Lite Micro's adapter. Arguments:
// a file to read and one to write. Read, for each network: u32 bytes, inputs, outputs, rows; the .tflite file, filled up to 16;
// f32 rows. Written, for each network by the core and then by TensorFlow Lite Micro: i32 refusal, the f32
// outputs if it opened, u32 instructions of one inference.
#include "../../../core/int8/core_backbone.h"
#include "../../../firmware/qemu/machine.h"
#include "../../../firmware/qemu/semihosting.h"
#define FL_TFLM_LIBRARY "../../test/board/tflm-2020/library.h"
#include "../../../firmware/tflm/tflm_backbone.h"

using namespace fl::qemu;

enum : uint32_t { MOST_FILE = 48 * 1024, MOST_ARENA = 72 * 1024, MOST_ROW = 4096 };

static uint8_t file[MOST_FILE] __attribute__((aligned(16)));
static uint8_t arena[MOST_ARENA] __attribute__((aligned(16)));
static float in[MOST_ROW], out[MOST_ROW];
static fl::int8::CoreBackbone core;
static fl::tflm::TflmBackbone tflm;
static uint32_t source, sink;

static void give_up(const char* why) {
  semihosting_write(why);
  semihosting_exit(1);
}

static uint32_t open_file(const char* name, uint32_t mode) {
  uint32_t length = 0;
  while (name[length]) length++;
  const uint32_t block[3] = {(uint32_t)name, mode, length};
  return semihosting(0x01, block);
}
/** How many bytes were not read. */
static uint32_t read(void* to, uint32_t n) {
  const uint32_t block[3] = {source, (uint32_t)to, n};
  return semihosting(0x06, block);
}
static void write(const void* from, uint32_t n) {
  const uint32_t block[3] = {sink, (uint32_t)from, n};
  if (semihosting(0x05, block) != 0) give_up("It cannot write.\n");
}

static uint32_t ticks() { return 0xffffff - reg(SYSTICK_VALUE); }

struct Head {
  uint32_t bytes, inputs, outputs, rows;
};

static int opened(const fl::Backbone& backbone, const Head& head) {
  fl::BackboneInfo info;
  // As a board does: first what it needs, then with so much and not a byte more.
  const int first = backbone.open(backbone.self, file, head.bytes, arena, 0, &info);
  if (first != fl::int8::ARENA_TOO_SMALL) return first == 0 ? -1 : first;
  if (info.inputs != head.inputs || info.outputs != head.outputs || info.arena_bytes > MOST_ARENA) return -2;
  return backbone.open(backbone.self, file, head.bytes, arena, info.arena_bytes, &info);
}

extern "C" void run() {
  static char names[512];
  if (!semihosting_arguments(names, sizeof names)) give_up("It needs two names.\n");
  char* second = names;
  while (*second && *second != ' ') second++;
  if (*second) *second++ = 0;
  source = open_file(names, 1);
  sink = open_file(second, 5);
  reg(SYSTICK_LOAD) = 0xffffff;
  reg(SYSTICK_CTRL) = 5;
  const fl::Backbone backbones[2] = {fl::int8::core_backbone(&core), fl::tflm::tflm_backbone(&tflm)};
  Head head;
  while (read(&head, sizeof head) == 0) {
    const uint32_t padded = (head.bytes + 15) / 16 * 16;
    if (padded > MOST_FILE || head.inputs > MOST_ROW || head.outputs > MOST_ROW) give_up("A network is too large.\n");
    if (read(file, padded) != 0) give_up("The file is too short.\n");
    static float rows[8 * 1024];
    if (head.rows * head.inputs > sizeof rows / sizeof rows[0]) give_up("There are too many rows.\n");
    if (read(rows, head.rows * head.inputs * 4) != 0) give_up("The file is too short.\n");
    for (int b = 0; b < 2; b++) {
      const int refused = opened(backbones[b], head);
      uint32_t instructions = 0;
      write(&refused, 4);
      for (uint32_t r = 0; r < head.rows && refused == 0; r++) {
        for (uint32_t i = 0; i < head.inputs; i++) in[i] = rows[r * head.inputs + i];
        const uint32_t from = ticks();
        if (backbones[b].run(backbones[b].self, in, out) != 0) give_up("A run has failed.\n");
        if (r == 0) instructions = (uint32_t)((uint64_t)((ticks() - from) & 0xffffff) * 40 / 64);
        write(out, head.outputs * 4);
      }
      write(&instructions, 4);
    }
  }
  semihosting_exit(0);
}
