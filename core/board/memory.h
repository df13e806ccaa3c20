// Where everything lies in the arena of a board:
//
//   backbone file | what the backbone runs in | numbers of the model | weights in use | normalisation in use, and staged |
//   weights of the classes | a row on its way in | one to predict | outputs | control, anchor | ... | free | ... | rows | their order
//
// Rows lie at the end, so that a new model of the same widths leaves them where they are. Staged weights and a finished
// update share the numbers of the model that only training uses (from the gradient on). Control and anchor have room only when
// LOAD asked for it.
#ifndef FL_BOARD_MEMORY_H
#define FL_BOARD_MEMORY_H
#include "../plan.h"
#include "codes.h"

namespace fl {
namespace board {

/** Left free when a host asks for as many rows as fit: for the windows of SENSE. */
enum { FREE_BYTES = 4096 };

struct Demand {
  /** Bytes of the backbone's file and of what it runs in; its inputs (0: no backbone). */
  uint32_t backbone_file, backbone_arena, backbone_inputs;
  /** Rows wanted, 0: as many as fit; numbers of a target. */
  uint32_t rows, targets;
  /** Of LOAD: the vectors that room is wanted for. */
  uint8_t flags;
};

/** Offsets in the arena, in bytes; all but `order` multiples of 16. */
struct Memory {
  uint32_t backbone, backbone_arena;
  uint32_t numbers, global, normalisation, staged_normalisation, class_weights, row, probe, embedded, outputs;
  /** Of a vector that LOAD asked for; else not used. */
  uint32_t vectors[VECTORS];
  /** Free from here to `features`. */
  uint32_t free;
  uint32_t features, targets, order;
  /** Numbers of a row as it comes (of its features), and as it is kept. */
  uint32_t wire_width, width;
  uint32_t rows;
  /** What all of it takes. */
  uint32_t needed;
};

struct Cursor {
  uint64_t at;
  uint32_t take(uint64_t bytes) {
    const uint64_t here = at;
    at += (bytes + 15) / 16 * 16;
    return (uint32_t)here;
  }
};

static inline uint64_t rows_bytes(uint64_t rows, uint32_t width, uint32_t targets) {
  return (rows * width * 4 + 15) / 16 * 16 + (rows * targets * 4 + 15) / 16 * 16 + (rows * 4 + 15) / 16 * 16;
}

/** Numbers of a target that the model may have. */
static inline bool targets_fit(const Model& m, uint32_t targets) {
  if (m.target == CLASS_INDEX) return targets == 1;
  return targets == (m.target == VALUES ? output_size(m) : 0);
}

/** m is planned for training. OK or NO_MEMORY, `needed` is set in both cases; BAD_BACKBONE when widths do not meet. */
static inline uint8_t lay_out(Memory* y, const Model& m, const Demand& d, uint32_t arena) {
  y->width = input_size(m);
  y->wire_width = d.backbone_inputs > 0 ? d.backbone_inputs : y->width;
  Cursor c = {0};
  y->backbone = c.take(d.backbone_file);
  y->backbone_arena = c.take(d.backbone_arena);
  y->numbers = c.take((uint64_t)m.total_numbers * 4);
  y->global = c.take((uint64_t)m.parameters * 4);
  y->normalisation = c.take((uint64_t)y->width * 8);
  y->staged_normalisation = c.take((uint64_t)y->width * 8);
  y->class_weights = c.take((uint64_t)(output_size(m) + 1) * 4);
  y->row = c.take(((uint64_t)y->wire_width + d.targets) * 4);
  y->probe = c.take((uint64_t)y->wire_width * 4);
  y->embedded = c.take((uint64_t)y->width * 4);
  y->outputs = c.take((uint64_t)output_size(m) * 4);
  for (int k = 0; k < VECTORS; k++) {
    y->vectors[k] = c.take(d.flags & (LOAD_CONTROL << k) ? (uint64_t)m.parameters * 4 : 0);
  }
  const uint64_t end = arena / 16 * 16;
  uint64_t rows = d.rows;
  if (rows == 0) {
    const uint64_t row = ((uint64_t)y->width + d.targets + 1) * 4, taken = c.at + FREE_BYTES + 48;
    rows = taken < end ? (end - taken) / row : 0;
    if (rows == 0) rows = 1;
  }
  const uint64_t samples = rows > MAX_NUMBERS ? MAX_NUMBERS * 16 : rows_bytes(rows, y->width, d.targets);
  const uint64_t needed = c.at + samples;
  y->needed = needed > 0xffffffffu ? 0xffffffffu : (uint32_t)needed;
  if (needed > end) return NO_MEMORY;
  y->free = (uint32_t)c.at;
  y->rows = (uint32_t)rows;
  Cursor s = {end - samples};
  y->features = s.take(rows * y->width * 4);
  y->targets = s.take(rows * d.targets * 4);
  y->order = s.take(rows * 4);
  return OK;
}

}  // namespace board
}  // namespace fl
#endif
