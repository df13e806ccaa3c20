// SAVE: model and weights into the flash, and back from it at the start: then the board predicts without a host.
#ifndef FL_BOARD_KEEP_H
#define FL_BOARD_KEEP_H
#include "transfer.h"

namespace fl {
namespace board {

/** "FLB", then the version of this form. */
static const uint32_t KEPT_MAGIC = 0x32424c46u;

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
  w.u8(l.flags);
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

/** What was saved, when it is whole: its length, else 0. `some`: something was. */
static inline uint32_t read_kept(Device* d, uint8_t* to, uint32_t room, bool* some) {
  const uint32_t n = d->hal.restore(d->hal.self, to, room);
  *some = n > 0;
  if (n < 12 || n > room || get32(to) != KEPT_MAGIC || get32(to + 4) != n) return 0;
  return crc32(to, n - 4, 0) == get32(to + n - 4) ? n : 0;
}

/** Bytes of the image that go to their place at once: less than what stands in front of the weights, so that they do not overlap. */
enum { KEPT_BLOCK = 64 };

/**
 * Read twice: first for the program, then, when the model lies in its place, to where save() had it. So whatever could be
 * saved can be restored. False: something was, and cannot be.
 */
static inline bool take_kept(Device* d) {
  bool some;
  const uint32_t n = read_kept(d, d->arena, d->arena_bytes, &some);
  if (n == 0) return !some;
  Reader r = {d->arena, n - 4, false};
  r.u32();
  r.u32();
  Loaded l;
  const uint8_t* key = r.bytes(KEY);
  l.flags = r.u8();
  l.rows = r.u32();
  l.targets = r.u16();
  l.words = r.u16();
  if (r.bad || l.words > PROGRAM_WORDS || l.flags > LOAD_FLAGS || l.flags & LOAD_THROUGH_BACKBONE) return false;
  copy_bytes(l.key, key, KEY);
  for (uint32_t i = 0; i < l.words; i++) l.program[i] = (int32_t)r.u32();
  uint8_t hash[HASH];
  const uint8_t* told = r.bytes(HASH);
  const uint8_t flags = r.u8();
  if (r.bad) return false;
  copy_bytes(hash, told, HASH);
  const uint32_t bytes = r.left, front = n - 4 - bytes;
  uint32_t offset;
  if (load(d, l).code != OK || read_kept(d, scratch(*d), scratch_bytes(*d), &some) != n) return false;
  if (begin_transfer(d, WEIGHTS, flags, bytes, hash, &offset).code != OK) return false;
  for (uint32_t at = 0, block = 0; at < bytes; at += block) {
    block = bytes - at < KEPT_BLOCK ? bytes - at : (uint32_t)KEPT_BLOCK;
    if (take_block(d, at, scratch(*d) + front + at, block).code != OK) break;
  }
  commit(d, WEIGHTS, hash);
  d->staged.kind = NO_TRANSFER_KIND;
  return d->has_weights;
}

/** At the start: the model that was saved. */
static inline void restore(Device* d) {
  if (!take_kept(d)) log_line(d, LOG_WARNING, "The model in the flash cannot be read: save it again.");
}

}  // namespace board
}  // namespace fl
#endif
