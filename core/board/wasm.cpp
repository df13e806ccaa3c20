// What core/board.wasm exports: boards for a virtual world. Memory is the caller's; a block holds one board.
#include "device.h"

#define EXPORT(name) extern "C" __attribute__((export_name(#name), used))

using namespace fl;
using namespace fl::board;

namespace {

/** What lies between a board and the world: bytes on their way both ways, the time, and its flash behind its arena. */
enum { RING = 4096, OUT = 256 };
struct Virtual {
  Device device;
  Hal hal;
  Identity identity;
  uint32_t now;
  uint8_t incoming[RING], outgoing[OUT];
  uint32_t incoming_at, incoming_length, outgoing_at, outgoing_length;
  uint32_t arena_bytes, flash_bytes, saved_bytes;
  bool reset_asked;
};

constexpr uint32_t rounded(uint32_t bytes) { return (bytes + 15) / 16 * 16; }
constexpr uint32_t HEAD_BYTES = rounded(sizeof(Virtual));
uint8_t* arena_of(Virtual* v) { return reinterpret_cast<uint8_t*>(v) + HEAD_BYTES; }
uint8_t* flash_of(Virtual* v) { return arena_of(v) + rounded(v->arena_bytes); }

Virtual& of(void* self) { return *static_cast<Virtual*>(self); }

/** Moves up to `most` bytes out of a buffer. */
uint32_t drain(const uint8_t* from, uint32_t* at, uint32_t* length, uint8_t* to, uint32_t most) {
  const uint32_t n = *length < most ? *length : most;
  copy_bytes(to, from + *at, n);
  *at += n;
  *length -= n;
  return n;
}
/** Moves as many of n bytes into a buffer as it has room for. */
uint32_t fill(uint8_t* to, uint32_t size, uint32_t* at, uint32_t* length, const uint8_t* from, uint32_t n) {
  copy_bytes(to, to + *at, *length);
  *at = 0;
  const uint32_t room = size - *length, took = n < room ? n : room;
  copy_bytes(to + *length, from, took);
  *length += took;
  return took;
}

uint32_t now(void* self) { return of(self).now; }
uint32_t receive(void* self, uint8_t* to, uint32_t most) {
  Virtual& v = of(self);
  return drain(v.incoming, &v.incoming_at, &v.incoming_length, to, most);
}
uint32_t send(void* self, const uint8_t* bytes, uint32_t n) {
  Virtual& v = of(self);
  return fill(v.outgoing, OUT, &v.outgoing_at, &v.outgoing_length, bytes, n);
}
bool reading(void*, float*) { return false; }
uint32_t sense(void*, uint8_t, float) { return 0; }
bool save(void* self, const uint8_t* bytes, uint32_t n) {
  Virtual& v = of(self);
  if (n > v.flash_bytes) return false;
  copy_bytes(flash_of(&v), bytes, n);
  v.saved_bytes = n;
  return true;
}
uint32_t load_saved(void* self, uint8_t* to, uint32_t most) {
  Virtual& v = of(self);
  if (v.saved_bytes > most) return 0;
  copy_bytes(to, flash_of(&v), v.saved_bytes);
  return v.saved_bytes;
}
void reset(void* self) { of(self).reset_asked = true; }

void begin(Virtual* v) {
  const Parts parts = {&v->hal, &v->identity, 0, arena_of(v), v->arena_bytes};
  start(&v->device, parts);
}

}  // namespace

/** Of a board with its arena and, half as large, its flash. */
EXPORT(board_bytes) uint32_t board_bytes(uint32_t arena_bytes) {
  return HEAD_BYTES + rounded(arena_bytes) + rounded(arena_bytes / 2);
}

/** id: 16 bytes. */
EXPORT(board_open) void board_open(Virtual* v, uint32_t arena_bytes, const uint8_t* id, uint32_t boot, uint32_t reason) {
  v->now = 0;
  v->incoming_at = v->incoming_length = v->outgoing_at = v->outgoing_length = 0;
  v->arena_bytes = arena_bytes;
  v->flash_bytes = arena_bytes / 2;
  v->saved_bytes = 0;
  v->reset_asked = false;
  v->hal = Hal{v, now, receive, send, reading, sense, save, load_saved, reset};
  copy_bytes(v->identity.id, id, sizeof(v->identity.id));
  v->identity.name = "Virtual board";
  v->identity.boot = boot;
  v->identity.reset_reason = (uint8_t)reason;
  v->identity.firmware_major = 1;
  v->identity.firmware_minor = 0;
  v->identity.sensors = 1u << SENSOR_HOST;
  v->identity.ring = RING;
  begin(v);
}

/** What a board had saved before; right after board_open. */
EXPORT(board_restore) void board_restore(Virtual* v, const uint8_t* saved, uint32_t n) {
  if (!save(v, saved, n)) return;
  begin(v);
}
/** Bytes that it took; the others wait on the line. */
EXPORT(board_receive) uint32_t board_receive(Virtual* v, const uint8_t* bytes, uint32_t n) {
  return fill(v->incoming, RING, &v->incoming_at, &v->incoming_length, bytes, n);
}
/** time: milliseconds, wraps. 1: there is more to do at once. */
EXPORT(board_poll) int32_t board_poll(Virtual* v, uint32_t time) {
  v->now = time;
  return poll(&v->device);
}
/** Bytes that it sends, at most `most`. */
EXPORT(board_send) uint32_t board_send(Virtual* v, uint8_t* to, uint32_t most) {
  return drain(v->outgoing, &v->outgoing_at, &v->outgoing_length, to, most);
}
/** What its flash holds; nothing: no bytes. */
EXPORT(board_saved) const uint8_t* board_saved(Virtual* v) { return flash_of(v); }
EXPORT(board_saved_bytes) uint32_t board_saved_bytes(const Virtual* v) { return v->saved_bytes; }
/** The host asked for a restart: open it again with another boot number, the reason "asked", and what was saved. */
EXPORT(board_reset_asked) int32_t board_reset_asked(const Virtual* v) { return v->reset_asked; }
/** State of core/board/codes.h. */
EXPORT(board_state) int32_t board_state(const Virtual* v) { return state_of(v->device); }

/** What the plan of a model gives: bytes needed, and rows that there is room for. */
struct Fit {
  uint32_t needed, rows;
};

/**
 * The memory plan of a board without the board: 0, or the code of docs/board-protocol.md. `backbone` 0: none. rows 0: as many as
 * fit into arena_bytes. flags: those of LOAD. scratch: a block of board_bytes(0) that no board lives in.
 */
EXPORT(board_plan)
int32_t board_plan(Virtual* scratch, const int32_t* program, uint32_t words, uint32_t flags, uint32_t rows, uint32_t targets,
                   uint32_t arena_bytes, const uint8_t* backbone, uint32_t backbone_bytes, Fit* fit) {
  Device* d = &scratch->device;
  Loaded* l = &d->loaded;
  fit->needed = fit->rows = 0;
  if (words > PROGRAM_WORDS || targets > 0xffff || flags > LOAD_FLAGS) return MALFORMED_MESSAGE;
  l->flags = (uint8_t)flags;
  l->rows = rows;
  l->targets = (uint16_t)targets;
  l->words = words;
  for (uint32_t i = 0; i < words; i++) l->program[i] = program[i];
  BackboneInfo info = {0, 0, 0};
  if (backbone) {
    const Backbone engine = int8::core_backbone(&d->core_engine);
    const int refused = engine.open(engine.self, backbone, backbone_bytes, 0, 0, &info);
    if (refused != int8::ARENA_TOO_SMALL) return BAD_BACKBONE;
  }
  const Demand demand = {backbone ? backbone_bytes : 0, info.arena_bytes, info.inputs, rows, targets, l->flags};
  const Outcome o = plan_load(*l, demand, arena_bytes, &d->model, &d->memory);
  fit->needed = o.code == OK || o.code == NO_MEMORY ? d->memory.needed : 0;
  fit->rows = o.code == OK ? d->memory.rows : 0;
  return o.code;
}
