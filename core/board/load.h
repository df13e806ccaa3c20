// LOAD: from a program to a model in its place.
#ifndef FL_BOARD_LOAD_H
#define FL_BOARD_LOAD_H
#include "state.h"

namespace fl {
namespace board {

static inline void end_sensing(Device* d) {
  if (d->sense.sensor > SENSOR_HOST) d->hal.sense(d->hal.self, SENSOR_NONE, 0);
  d->sense.sensor = SENSOR_NONE;
  d->sense.some = false;
  d->sense.label = -1;
}

static inline void drop_model(Device* d) {
  end_sensing(d);
  d->has_model = d->has_weights = false;
  for (int k = 0; k < VECTORS; k++) d->vectors[k].there = false;
  // A backbone that is coming in too: the model that comes next lies where it is written.
  d->staged.kind = NO_TRANSFER_KIND;
  d->evaluation.runs = d->evaluation.unheard = false;
  d->row_numbers = d->probe_numbers = 0;
  forget_job(d);
}

static inline void drop_backbone(Device* d) {
  d->has_backbone = false;
  d->backbone_bytes = 0;
  clear_bytes(d->backbone_hash, HASH);
}

static inline Demand demand_of(const Device& d, const Loaded& l) {
  const bool through = (l.flags & LOAD_THROUGH_BACKBONE) != 0;
  Demand demand;
  demand.backbone_file = d.has_backbone ? d.backbone_bytes : 0;
  demand.backbone_arena = d.has_backbone ? d.backbone.arena_bytes : 0;
  demand.backbone_inputs = through ? d.backbone.inputs : 0;
  demand.rows = l.rows;
  demand.targets = l.targets;
  demand.flags = l.flags;
  return demand;
}

/** Plans and lays out; nothing on the board changes. `refused`: what `detail` is of BAD_MODEL. */
static inline Outcome plan_load(const Loaded& l, const Demand& demand, uint32_t arena, Model* m, Memory* y) {
  const int refused = plan(m, l.program, l.words);
  if (refused) return outcome(BAD_MODEL, (uint32_t)-refused);
  if (!m->training || !targets_fit(*m, l.targets)) return outcome(BAD_MODEL, (uint32_t)-MALFORMED);
  const uint8_t code = lay_out(y, *m, demand, arena);
  // The place in a row has 16 bits in the messages.
  if (code == OK && (uint64_t)y->wire_width + demand.targets > 0xffff) return outcome(MESSAGE_TOO_LARGE, 0xffff);
  return outcome(code, code ? y->needed : 0);
}

static inline bool same_load(const Loaded& a, const Loaded& b) {
  if (!same_bytes(a.key, b.key, KEY) || a.flags != b.flags || a.rows != b.rows || a.targets != b.targets) return false;
  if (a.words != b.words) return false;
  for (uint32_t i = 0; i < a.words; i++) {
    if (a.program[i] != b.program[i]) return false;
  }
  return true;
}

/** The same again changes nothing. Rows stay when the room for them is the same as before. */
static inline Outcome load(Device* d, const Loaded& l) {
  if (d->has_model && same_load(d->loaded, l)) return outcome(OK);
  if (works(*d)) return outcome(BUSY);
  const bool through = (l.flags & LOAD_THROUGH_BACKBONE) != 0;
  if (through && !d->has_backbone) return outcome(NO_TRANSFER);
  // The plan is made in the device's own model: two of them would be too much for a board's memory. So first the old one goes,
  // and comes back from its program when the new one is refused.
  const Demand demand = demand_of(*d, l);
  const bool had = d->has_model;
  const Memory before = d->memory;
  Memory after;
  Outcome o = plan_load(l, demand, d->arena_bytes, &d->model, &after);
  if (o.code == OK && through && d->backbone.outputs != input_size(d->model)) o = outcome(BAD_BACKBONE, d->backbone.outputs);
  if (o.code != OK) {
    if (had) {
      plan(&d->model, d->loaded.program, d->loaded.words);
      d->model.memory = floats_at(*d, before.numbers);
    }
    return o;
  }
  drop_model(d);
  const Rows rows = d->rows;
  const bool as_before = ((d->loaded.flags ^ l.flags) & LOAD_THROUGH_BACKBONE) == 0;
  const bool stay = had && as_before && rows.capacity == after.rows && rows.width == after.width && rows.target_width == l.targets &&
                    before.features == after.features && before.wire_width == after.wire_width;
  d->memory = after;
  d->loaded = l;
  d->has_model = true;
  d->model.memory = floats_at(*d, after.numbers);
  for (uint32_t i = 0; i < d->model.total_numbers; i++) d->model.memory[i] = 0;
  d->rows.features = floats_at(*d, after.features);
  d->rows.targets = floats_at(*d, after.targets);
  d->rows.order = reinterpret_cast<uint32_t*>(d->arena + after.order);
  d->rows.capacity = after.rows;
  d->rows.width = after.width;
  d->rows.target_width = l.targets;
  d->rows.first = stay ? rows.first : 0;
  d->rows.taken = stay ? rows.taken : 0;
  return outcome(OK);
}

/** What a training or a prediction reads rows from. */
static inline Samples samples_of(const Device& d, const float* features, const float* targets, uint32_t count) {
  Samples s;
  s.features = features;
  s.targets = targets;
  s.count = count;
  s.mean = d.normalises ? floats_at(d, d.memory.normalisation) : 0;
  s.inverse_deviation = d.normalises ? floats_at(d, d.memory.normalisation) + d.memory.width : 0;
  s.class_weights = 0;
  s.soft.rows = 0;
  s.focal_gamma = 0;
  return s;
}

}  // namespace board
}  // namespace fl
#endif
