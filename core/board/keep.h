// SAVE: model and weights into the flash, and back from it at the start: then the board predicts without a host.
#ifndef FL_BOARD_KEEP_H
#define FL_BOARD_KEEP_H
#include "transfer.h"

namespace fl {
namespace board {

/** "FLB", then the version of this form. */
static const uint32_t KEPT_MAGIC = 0x31424c46u;

static inline Outcome save(Device* d) {
  if (!d->has_model) return outcome(NO_MODEL);
  if (!d->has_weights) return outcome(NO_WEIGHTS);
  if (works(*d)) return outcome(BUSY);
  // The file of a backbone would need as much flash again as it takes memory.
  if (d->loaded.flags & LOAD_THROUGH_BACKBONE) return outcome(UNSUPPORTED);
  drop_scratch(d);
  Writer w = {scratch(*d), 0, scratch_bytes(*d), false};
  const Loaded& l = d->loaded;
  w.u32(KEPT_MAGIC);
  w.u32(0);
  w.bytes(l.key, KEY);
  w.u32(l.rows);
  w.u16(l.targets);
  w.u16(l.words);
  for (uint32_t i = 0; i < l.words; i++) w.u32((uint32_t)l.program[i]);
  w.bytes(d->weights_hash, HASH);
  w.u8(d->normalises ? WITH_NORMALISATION : 0);
  const float* global = floats_at(*d, d->memory.global);
  for (uint32_t i = 0; i < d->model.parameters; i++) w.f32(global[i]);
  const float* normalisation = floats_at(*d, d->memory.normalisation);
  for (uint32_t i = 0; d->normalises && i < d->memory.width * 2; i++) w.f32(normalisation[i]);
  w.u32(0);
  if (w.full) return outcome(MESSAGE_TOO_LARGE, scratch_bytes(*d));
  put32(scratch(*d) + 4, w.length);
  put32(scratch(*d) + w.length - 4, crc32(scratch(*d), w.length - 4, 0));
  return outcome(d->hal.save(d->hal.self, scratch(*d), w.length) ? OK : STORAGE);
}

/** What was saved is read to the end of the arena, which a model without rows leaves free. */
static inline void restore(Device* d) {
  const uint32_t room = d->arena_bytes / 2 / 16 * 16;
  uint8_t* image = d->arena + (d->arena_bytes / 16 * 16 - room);
  const uint32_t n = d->hal.restore(d->hal.self, image, room);
  if (n < 12 || n > room || get32(image) != KEPT_MAGIC || get32(image + 4) != n) return;
  if (crc32(image, n - 4, 0) != get32(image + n - 4)) return;
  Reader r = {image, n - 4, false};
  r.u32();
  r.u32();
  Loaded l;
  const uint8_t* key = r.bytes(KEY);
  l.flags = 0;
  l.rows = r.u32();
  l.targets = r.u16();
  l.words = r.u16();
  if (r.bad || l.words > PROGRAM_WORDS) return;
  copy_bytes(l.key, key, KEY);
  for (uint32_t i = 0; i < l.words; i++) l.program[i] = (int32_t)r.u32();
  const uint8_t* hash = r.bytes(HASH);
  const uint8_t flags = r.u8();
  if (r.bad || load(d, l).code != OK) return;
  const uint32_t bytes = weights_length(*d, flags != 0);
  const uint8_t* weights = r.left == bytes ? r.bytes(bytes) : 0;
  uint32_t offset;
  const bool clear = d->arena + d->memory.free <= image;
  if (weights && clear && begin_transfer(d, WEIGHTS, flags, bytes, hash, &offset).code == OK) {
    if (take_block(d, 0, weights, bytes).code == OK) commit(d, WEIGHTS, hash);
  }
  d->staged.kind = NO_TRANSFER_KIND;
}

}  // namespace board
}  // namespace fl
#endif
