// BEGIN, BLOCK, COMMIT: something long comes in pieces, and takes effect only when all of it is there and right.
#ifndef FL_BOARD_TRANSFER_H
#define FL_BOARD_TRANSFER_H
#include "load.h"

namespace fl {
namespace board {

enum { WITH_NORMALISATION = 1 };

FL_INLINE bool is_vector(uint8_t kind) { return kind >= CONTROL && kind < CONTROL + VECTORS; }

static inline bool committed(const Device& d, uint8_t kind, uint32_t bytes, const uint8_t* hash) {
  if (is_vector(kind)) {
    const Vector& v = d.vectors[kind - CONTROL];
    return v.there && bytes == d.model.parameters * 4 && same_bytes(v.hash, hash, HASH);
  }
  if (kind == WEIGHTS) return d.has_weights && d.weights_bytes == bytes && same_bytes(d.weights_hash, hash, HASH);
  return d.has_backbone && d.backbone_bytes == bytes && same_bytes(d.backbone_hash, hash, HASH);
}

/** `offset`: where to go on. */
static inline Outcome begin_transfer(Device* d, uint8_t kind, uint8_t flags, uint32_t bytes, const uint8_t* hash,
                                     uint32_t* offset) {
  *offset = 0;
  if (kind < WEIGHTS || kind > ANCHOR || flags > (kind == WEIGHTS ? WITH_NORMALISATION : 0)) return outcome(MALFORMED_MESSAGE);
  if (kind != BACKBONE) {
    if (!d->has_model) return outcome(NO_MODEL);
    const uint32_t wanted = weights_length(*d, flags != 0);
    if (bytes != wanted) return outcome(MESSAGE_TOO_LARGE, wanted);
    // LOAD did not ask for it.
    if (is_vector(kind) && !has_room(*d, kind - CONTROL)) return outcome(NO_MEMORY, wanted);
  }
  if (committed(*d, kind, bytes, hash)) {
    *offset = bytes;
    return outcome(OK);
  }
  Staged* s = &d->staged;
  if (s->kind == kind && s->flags == flags && s->bytes == bytes && same_bytes(s->hash, hash, HASH)) {
    *offset = s->received;
    return outcome(OK);
  }
  if (works(*d)) return outcome(BUSY);
  if (kind == BACKBONE) {
    if (bytes == 0 || bytes > d->arena_bytes) return outcome(NO_MEMORY, bytes);
    drop_model(d);
    drop_backbone(d);
    d->rows.taken = d->rows.first = 0;
  } else if (is_vector(kind)) {
    // It is written where the one before lies: only the training that it was for needed that.
    d->vectors[kind - CONTROL].there = false;
  } else {
    drop_scratch(d);
  }
  s->kind = kind;
  s->flags = flags;
  s->bytes = bytes;
  s->received = 0;
  copy_bytes(s->hash, hash, HASH);
  sha256_begin(&s->sum);
  return outcome(OK);
}

static inline Outcome take_block(Device* d, uint32_t offset, const uint8_t* bytes, uint32_t n) {
  Staged* s = &d->staged;
  if (s->kind == NO_TRANSFER_KIND) return outcome(NO_TRANSFER);
  if (offset != s->received) return outcome(WRONG_PLACE, s->received);
  if (n == 0 || n > s->bytes - s->received) return outcome(MESSAGE_TOO_LARGE, s->bytes - s->received);
  if (s->kind == BACKBONE) {
    copy_bytes(d->arena + offset, bytes, n);
  } else if (is_vector(s->kind)) {
    copy_bytes(d->arena + d->memory.vectors[s->kind - CONTROL] + offset, bytes, n);
  } else {
    const uint32_t weights = d->model.parameters * 4;
    const uint32_t first = offset >= weights ? 0 : n < weights - offset ? n : weights - offset;
    copy_bytes(scratch(*d) + offset, bytes, first);
    copy_bytes(d->arena + d->memory.staged_normalisation + (offset + first - weights), bytes + first, n - first);
  }
  sha256_add(&s->sum, bytes, n);
  s->received += n;
  return outcome(OK);
}

/** The index of the first number that is not finite, or n. */
static inline uint32_t first_not_finite(const float* v, uint32_t n) {
  uint32_t i = 0;
  while (i < n && finite(v[i])) i++;
  return i;
}

static inline Outcome commit_weights(Device* d) {
  const uint32_t parameters = d->model.parameters, features = d->memory.width * 2;
  const float* weights = reinterpret_cast<const float*>(scratch(*d));
  const float* normalisation = floats_at(*d, d->memory.staged_normalisation);
  const bool normalises = (d->staged.flags & WITH_NORMALISATION) != 0;
  const uint32_t bad = first_not_finite(weights, parameters);
  if (bad < parameters) return outcome(NOT_FINITE, bad);
  if (normalises) {
    const uint32_t wrong = first_not_finite(normalisation, features);
    if (wrong < features) return outcome(NOT_FINITE, parameters + wrong);
  }
  float* global = floats_at(*d, d->memory.global);
  for (uint32_t i = 0; i < parameters; i++) global[i] = weights[i];
  float* used = floats_at(*d, d->memory.normalisation);
  for (uint32_t i = 0; normalises && i < features; i++) used[i] = normalisation[i];
  put_all_weights(d->model, global);
  d->normalises = normalises;
  d->has_weights = true;
  d->weights_bytes = d->staged.bytes;
  copy_bytes(d->weights_hash, d->staged.hash, HASH);
  return outcome(OK);
}

static inline Outcome commit_vector(Device* d, int k) {
  const uint32_t parameters = d->model.parameters, bad = first_not_finite(vector_at(*d, k), parameters);
  if (bad < parameters) return outcome(NOT_FINITE, bad);
  d->vectors[k].there = true;
  copy_bytes(d->vectors[k].hash, d->staged.hash, HASH);
  return outcome(OK);
}

static inline Outcome commit_backbone(Device* d) {
  const uint32_t file = (d->staged.bytes + 15) / 16 * 16;
  const uint32_t left = d->arena_bytes > file ? d->arena_bytes - file : 0;
  const int refused = d->engine.open(d->engine.self, d->arena, d->staged.bytes, d->arena + (left ? file : 0), left, &d->backbone);
  if (refused == int8::ARENA_TOO_SMALL) return outcome(NO_MEMORY, file + d->backbone.arena_bytes);
  if (refused) return outcome(BAD_BACKBONE, (uint32_t)-refused);
  d->has_backbone = true;
  d->backbone_bytes = d->staged.bytes;
  copy_bytes(d->backbone_hash, d->staged.hash, HASH);
  return outcome(OK);
}

static inline Outcome commit(Device* d, uint8_t kind, const uint8_t* hash) {
  Staged* s = &d->staged;
  if (kind < WEIGHTS || kind > ANCHOR) return outcome(MALFORMED_MESSAGE);
  const uint32_t bytes = kind == WEIGHTS ? d->weights_bytes : kind == BACKBONE ? d->backbone_bytes : d->model.parameters * 4;
  if (committed(*d, kind, bytes, hash)) return outcome(OK);
  if (s->kind != kind || !same_bytes(s->hash, hash, HASH)) return outcome(NO_TRANSFER);
  if (s->received != s->bytes) return outcome(WRONG_PLACE, s->received);
  if (works(*d)) return outcome(BUSY);
  uint8_t digest[HASH];
  sha256_end(&s->sum, digest);
  Outcome o = outcome(BAD_HASH);
  if (same_bytes(digest, hash, HASH)) {
    o = kind == WEIGHTS ? commit_weights(d) : kind == BACKBONE ? commit_backbone(d) : commit_vector(d, kind - CONTROL);
  }
  s->kind = NO_TRANSFER_KIND;
  return o;
}

}  // namespace board
}  // namespace fl
#endif
