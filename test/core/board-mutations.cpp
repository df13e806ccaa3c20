// A million frames, most of them wrong in one place, at a board: it must neither fall nor hang, and the weights in use must
// stay those that were committed. Prints how many of them were taken. Arguments: frames, seed, a .tflite file for a backbone.
#include "board-world.h"

namespace {

struct Body {
  std::vector<uint8_t> bytes;
  Body& u8(uint32_t v) { return bytes.push_back((uint8_t)v), *this; }
  Body& u16(uint32_t v) { return u8(v & 255).u8(v >> 8); }
  Body& u32(uint32_t v) { return u16(v & 65535).u16(v >> 16); }
  Body& f32(float v) {
    Single s;
    s.value = v;
    return u32(s.bits);
  }
  Body& f64(double v) {
    Double d;
    d.value = v;
    return u32((uint32_t)d.bits).u32((uint32_t)(d.bits >> 32));
  }
  Body& fill(uint32_t n, uint8_t v) { return bytes.insert(bytes.end(), n, v), *this; }
  Body& more(const uint8_t* from, uint32_t n) { return bytes.insert(bytes.end(), from, from + n), *this; }
};

std::vector<uint8_t> backbone_file;

/** Features of a row, as it comes and as the model takes it: the backbone's when there is one. */
uint32_t wire_features(const World& w) { return w.device.has_backbone ? w.device.backbone.inputs : 6; }
uint32_t features(const World& w) { return w.device.has_backbone ? w.device.backbone.outputs : 6; }

std::vector<uint8_t> weights(const World& w, uint32_t which) {
  Body b;
  const uint32_t parameters = features(w) * 5 + 5 + 5 * 3 + 3;
  for (uint32_t i = 0; i < parameters; i++) b.f32((float)((i * 7 + which * 13) % 11) * 0.05f - 0.25f);
  return b.bytes;
}
void hash_of(const std::vector<uint8_t>& bytes, uint8_t* digest) {
  Sha256 sum;
  sha256_begin(&sum);
  sha256_add(&sum, bytes.data(), (uint32_t)bytes.size());
  sha256_end(&sum, digest);
}

/** Now and then a round of the conversation is about a backbone. */
bool about_backbone(uint32_t step) { return step / 20 % 100 == 50; }

/** Message number `step` of a conversation that never ends: a model, weights, rows, trainings, and all the rest. */
std::vector<uint8_t> message(const World& w, uint32_t step, Random* random) {
  const uint32_t which = step / 200 % 3;
  const bool backbone = about_backbone(step);
  // And every other one brings a vector for the training.
  const bool about_vector = step / 20 % 2 == 1 && w.device.has_weights;
  const std::vector<uint8_t> all = backbone ? backbone_file : weights(w, which + about_vector);
  const uint8_t kind = (uint8_t)(backbone ? 2 : about_vector ? 3 + step / 40 % 2 : 1);
  uint8_t hash[HASH];
  hash_of(all, hash);
  Body b;
  const Rows& rows = w.device.rows;
  switch (step % 20) {
    case 0: {
      b.u8(LOAD).u8(1).fill(KEY, (uint8_t)(1 + step / 2000 % 2)).u8(w.device.has_backbone | (step / 4000 % 4) << 1).u32(20).u16(1);
      const int32_t program[] = {1, 0, 0, 4, 2, 1, 1, 1, (int32_t)features(w), 2, 0, 1, 5, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 5, 3, 1, 1, 1, 1, 0, 1, 1, 0, 0};
      for (int32_t word : program) b.u32((uint32_t)word);
      return b.bytes;
    }
    case 1: return b.u8(BEGIN).u8(2).u8(kind).u8(0).u32((uint32_t)all.size()).more(hash, HASH).bytes;
    case 2: {
      const uint32_t at = w.device.staged.kind == kind ? w.device.staged.received : 0;
      const uint32_t n = backbone ? 900 : at < all.size() ? ((uint32_t)all.size() - at) / 2 + 1 : 1;
      b.u8(BLOCK_OF).u8(3).u32(at);
      return at + n <= all.size() ? b.more(all.data() + at, n).bytes : b.u8(0).bytes;
    }
    case 3: {
      const uint32_t at = w.device.staged.kind == kind ? w.device.staged.received : 0;
      b.u8(BLOCK_OF).u8(4).u32(at);
      const uint32_t left = at < all.size() ? (uint32_t)all.size() - at : 0;
      return left > 0 ? b.more(all.data() + at, left < 900 ? left : 900).bytes : b.u8(0).bytes;
    }
    case 4: return b.u8(COMMIT).u8(5).u8(kind).more(hash, HASH).bytes;
    case 5:
    case 6: {
      const uint32_t row = wire_features(w) + 1;
      b.u8(ROWS).u8(6).u32(rows.taken).u16(w.device.row_numbers);
      for (uint32_t i = 0; i < (row < 60 ? 3 * row : row); i++) b.f32(i % row == row - 1 ? (float)(step % 3) : (float)(next(random) % 100) * 0.02f - 1);
      return b.bytes;
    }
    case 7:
    {
      static const uint8_t range[] = {3, 0, 0, 0, 9, 0, 0, 0};
      uint32_t flags = step % 80 == 27 ? TRAIN_FULL_BATCH : 0;
      for (uint32_t k = 0; k < VECTORS; k++) flags |= w.device.vectors[k].there ? TRAIN_CONTROL << k : 0;
      const uint32_t work = step % 60 == 27 ? 1 + step / 60 % 2 : 0;
      b.u8(TRAIN).u8(7).u32(step).u32(0).u8(step % 40 == 7 && work == TRAINING ? 8 : 0).u8(step % 3).u8(flags).u8(work).u32(2).u32(4).u32(0).u32(step);
      b.f64(0.05).f64(0.9).f64(0.9).f64(0.999).f64(1e-7).f64(0).f64(0).f64(step % 9 == 0 ? 0.1 : 0).u16(0);
      const uint32_t attack = flags & TRAIN_FULL_BATCH ? 0 : step / 20 % 3;
      b.f64(step % 7 == 0 ? 2 : 0).f64(step % 11 == 0 ? 0.01 : 0).u8(attack).u32(3).f64(0.1).f64(0.05).f64(0.5).u32(step);
      b.u8(step / 20 % 2).more(step / 20 % 2 ? range : 0, step / 20 % 2 ? sizeof range : 0);
      for (uint32_t k = 0; k < VECTORS; k++) {
        if (flags & TRAIN_CONTROL << k) b.more(w.device.vectors[k].hash, KEY);
      }
      return b.bytes;
    }
    case 8: return b.u8(STATUS).u8(8).bytes;
    case 9: {
      b.u8(PREDICT).u8(9).u16(0);
      for (uint32_t i = 0; i < wire_features(w); i++) b.f32(0.1f * (float)i);
      return b.bytes;
    }
    case 10: return b.u8(READ).u8(10).u8(READ_UPDATE).more(w.device.job.key, KEY).u32(0).u32(w.device.job.bytes).u16(40).bytes;
    case 11: return b.u8(EVALUATE).u8(11).bytes;
    case 12: return b.u8(READ).u8(12).u8(READ_STATISTICS).u32(rows.taken).u32(0).u32(0).u32(104).u16(100).bytes;
    case 13: return b.u8(SENSE).u8(13).u8(step % 40 == 13 ? SENSOR_HOST : SENSOR_MOTION).u8(3 | (step % 40 == 13 ? 0x50 : 0)).f32(50).u16(8).u16(4).u8(1).u8(1).bytes;
    case 14: {
      b.u8(READINGS).u8(14);
      for (uint32_t i = 0; i < 10 * 6; i++) b.f32((float)(next(random) % 100) * 0.02f);
      return b.bytes;
    }
    case 15: return b.u8(LABEL).u8(15).u8(step % 40 == 15).u32(step % 3).bytes;
    case 16: return b.u8(SAVE).u8(16).bytes;
    case 17: return b.u8(RESULT).u8(17).more(w.device.job.key, KEY).bytes;
    case 18: return step % 400 == 18 ? b.u8(CLEAR).u8(18).u32(step % 800 == 18 ? 0 : 5).bytes : b.u8(ABORT).u8(18).bytes;
    default: {
      if (step % 1000 == 19) return b.u8(FORGET).u8(19).bytes;
      if (step % 600 == 599) return b.u8(RESET).u8(19).u8(step % 1200 == 599).bytes;
      return b.u8(STATUS).u8(19).bytes;
    }
  }
}

void mutate(std::vector<uint8_t>* bytes, Random* random) {
  static const uint32_t numbers[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000u, 0xffffffffu, 0x7fc00000u, 0x7f800000u};
  const uint32_t n = (uint32_t)bytes->size();
  if (n == 0) return;
  switch (below(random, 6)) {
    case 0: (*bytes)[below(random, n)] ^= (uint8_t)(1u << below(random, 8)); break;
    case 1: (*bytes)[below(random, n)] = (uint8_t)next(random); break;
    case 2: bytes->resize(below(random, n + 1)); break;
    case 3: bytes->insert(bytes->end(), below(random, 40), (uint8_t)next(random)); break;
    case 4: {
      const uint32_t at = below(random, n);
      for (uint32_t k = 0, v = numbers[below(random, 11)]; k < 4 && at + k < n; k++, v >>= 8) (*bytes)[at + k] = (uint8_t)v;
      break;
    }
    default: bytes->erase(bytes->begin() + below(random, n)); break;
  }
  if (bytes->size() > MAX_PAYLOAD) bytes->resize(MAX_PAYLOAD);
}

}  // namespace

int main(int count, char** arguments) {
  const uint32_t frames = count > 1 ? (uint32_t)strtoul(arguments[1], 0, 10) : 1000000;
  Random random = seeded(count > 2 ? (uint32_t)strtoul(arguments[2], 0, 10) : 1);
  if (FILE* file = count > 3 ? fopen(arguments[3], "rb") : 0) {
    for (int byte = fgetc(file); byte != EOF; byte = fgetc(file)) backbone_file.push_back((uint8_t)byte);
    fclose(file);
  }
  static World w;
  power_on(&w);
  uint32_t embedded = 0, trained = 0, committed_times = 0, with_vectors = 0, gradients = 0, sessions = 0, refused = 0;
  uint8_t last_job[KEY] = {0}, last_weights[HASH] = {0};
  for (uint32_t step = 0, sent = 0; sent < frames; sent++) {
    if (w.session == 0 || w.device.link.session != w.session) {
      greet_board(&w, next(&random) | 1);
      sessions++;
    }
    const uint32_t kind = below(&random, 8);
    // Half of the frames are right, so that the board gets to where wrong ones hurt.
    std::vector<uint8_t> body = message(w, step, &random);
    // A long file takes many blocks.
    const bool blocks = step % 20 == 3 && about_backbone(step) && w.device.staged.kind == BACKBONE && w.device.staged.received < w.device.staged.bytes;
    if (kind < 4) step += blocks ? 0 : 1;
    else if (kind < 7) mutate(&body, &random);
    std::vector<uint8_t> frame = framed(w, DATA, w.session, body);
    if (kind == 7) {
      mutate(&frame, &random);
      if (below(&random, 50) == 0) mutate(&frame, &random);
    }
    put(&w, frame);
    const uint32_t before = w.device.messages_refused;
    polls(&w, 1 + (int)below(&random, 12));
    // A restart of the board begins to count anew.
    if (w.device.messages_refused > before) refused += w.device.messages_refused - before;
    if (w.in.size() > 8192) w.in.clear();
    if (below(&random, 500) == 0) w.now += 11000;
    if (w.device.job.state == JOB_DONE && !same_bytes(w.device.job.key, last_job, KEY)) {
      trained++;
      embedded += through_backbone(w.device);
      with_vectors += w.device.job.work == TRAINING && w.device.training.terms.control != 0;
      gradients += w.device.job.work == START_GRADIENT;
      copy_bytes(last_job, w.device.job.key, KEY);
    }
    if (w.device.has_weights && !same_bytes(w.device.weights_hash, last_weights, HASH)) {
      committed_times++;
      copy_bytes(last_weights, w.device.weights_hash, HASH);
    }
    if (sent % 16 == 0) check_world(w);
  }
  check_world(w);
  printf("{\"frames\":%u,\"refused\":%u,\"trained\":%u,\"embedded\":%u,\"vectors\":%u,\"gradients\":%u,\"committed\":%u,\"sessions\":%u}\n", frames, refused, trained, embedded, with_vectors, gradients, committed_times, sessions);
  return 0;
}
