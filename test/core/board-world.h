// A board in a world of memory: what the fuzzers play with. The host's side is a few lines that know the board's own state,
// so that messages get past frames and link.
#ifndef FL_TEST_BOARD_WORLD_H
#define FL_TEST_BOARD_WORLD_H
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../../core/board/device.h"

using namespace fl;
using namespace fl::board;

struct World {
  Device device;
  Hal hal;
  Identity identity;
  uint32_t now = 1;
  std::vector<uint8_t> in, out, flash;
  uint32_t readings = 0;
  bool reset_asked = false;
  uint32_t session = 0;
  alignas(16) uint8_t arena[48 * 1024];
};

inline World& world_of(void* self) { return *static_cast<World*>(self); }

inline void power_on(World* w) {
  w->hal = Hal{
      w,
      [](void* s) { return world_of(s).now; },
      [](void* s, uint8_t* to, uint32_t most) {
        World& w = world_of(s);
        const uint32_t n = w.in.size() < most ? (uint32_t)w.in.size() : most;
        std::copy(w.in.begin(), w.in.begin() + n, to);
        w.in.erase(w.in.begin(), w.in.begin() + n);
        return n;
      },
      [](void* s, const uint8_t* bytes, uint32_t n) {
        world_of(s).out.assign(bytes, bytes + n);
        return n;
      },
      [](void* s, float* channels) {
        World& w = world_of(s);
        if (w.readings == 0) return false;
        w.readings--;
        for (int i = 0; i < 6; i++) channels[i] = (float)(w.readings % 17) * 0.1f - (float)i;
        return true;
      },
      [](void* s, uint8_t sensor, float) {
        world_of(s).readings = sensor == SENSOR_MOTION ? 200 : 0;
        return sensor == SENSOR_MOTION ? 6u : 0u;
      },
      [](void* s, const uint8_t* bytes, uint32_t n) {
        world_of(s).flash.assign(bytes, bytes + n);
        return true;
      },
      [](void* s, uint8_t* to, uint32_t most) {
        World& w = world_of(s);
        if (w.flash.size() > most) return 0u;
        std::copy(w.flash.begin(), w.flash.end(), to);
        return (uint32_t)w.flash.size();
      },
      [](void* s) { world_of(s).reset_asked = true; }};
  memset(&w->identity, 7, sizeof w->identity);
  w->identity.name = "Fuzzed board";
  w->identity.sensors = 1u << SENSOR_HOST | 1u << SENSOR_MOTION;
  w->identity.ring = 4096;
  w->reset_asked = false;
  w->session = 0;
  const Parts parts = {&w->hal, &w->identity, 0, w->arena, sizeof w->arena};
  start(&w->device, parts);
}

/** A frame of this world's session as the line has it; `payload` up to MAX_PAYLOAD. */
inline std::vector<uint8_t> framed(const World& w, uint8_t kind, uint32_t session, const std::vector<uint8_t>& payload) {
  const Link& l = w.device.link;
  const Head h = {kind, 0, session, l.in.ack, l.out.unsent, 0, 32};
  std::vector<uint8_t> raw(MAX_FRAME), encoded(MAX_ENCODED);
  const uint32_t n = write_frame(h, payload.data(), (uint32_t)payload.size(), raw.data());
  encoded.resize(cobs_encode(raw.data(), n, encoded.data()));
  encoded.insert(encoded.begin(), 0);
  encoded.push_back(0);
  return encoded;
}

inline void polls(World* w, int most) {
  for (int k = 0; k < most; k++) {
    w->now++;
    if (!poll(&w->device) && w->in.empty()) break;
  }
  if (w->reset_asked) power_on(w);
}

inline void put(World* w, const std::vector<uint8_t>& bytes) { w->in.insert(w->in.end(), bytes.begin(), bytes.end()); }

inline void greet_board(World* w, uint32_t session) {
  const std::vector<uint8_t> hello = {'F', 'L', 'B', '1', 1, 2, 0xf0, 3, 32, 0};
  put(w, framed(*w, HELLO, session, hello));
  w->session = session;
  polls(w, 4);
}

/** What must hold whatever came; says what does not and ends the program. */
inline void check_world(const World& w) {
  const Device& d = w.device;
  const auto demand = [](bool holds, const char* what) {
    if (holds) return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
  };
  demand(d.link.in.ack - d.link.in.taken <= SLOTS || d.link.in.ack < d.link.in.taken, "slots");
  demand(!d.has_weights || d.has_model, "weights without a model");
  demand(!trains(d) || d.has_weights, "a training without weights");
  if (!d.has_model) return;
  demand(d.memory.free <= d.memory.features && d.memory.order + d.rows.capacity * 4 <= sizeof w.arena, "memory plan");
  demand(rows_held(d.rows) <= d.rows.capacity, "more rows than room");
  for (int k = 0; k < VECTORS; k++) {
    if (!d.vectors[k].there) continue;
    demand(has_room(d, k), "a vector without room");
    demand(d.memory.vectors[k] + d.model.parameters * 4 <= d.memory.free, "a vector out of its place");
    demand(all_finite(vector_at(d, k), d.model.parameters), "a vector that is not finite");
    Sha256 sum;
    sha256_begin(&sum);
    sha256_add(&sum, reinterpret_cast<const uint8_t*>(vector_at(d, k)), d.model.parameters * 4);
    uint8_t digest[HASH];
    sha256_end(&sum, digest);
    demand(same_bytes(digest, d.vectors[k].hash, HASH), "a vector of another hash");
  }
  if (!d.has_weights) return;
  // The weights in use are those whose hash was told when they were committed.
  const float* global = floats_at(d, d.memory.global);
  demand(all_finite(global, d.model.parameters), "weights that are not finite");
  Sha256 sum;
  sha256_begin(&sum);
  sha256_add(&sum, reinterpret_cast<const uint8_t*>(global), d.model.parameters * 4);
  if (d.normalises) sha256_add(&sum, w.arena + d.memory.normalisation, d.memory.width * 8);
  uint8_t digest[HASH];
  sha256_end(&sum, digest);
  demand(same_bytes(digest, d.weights_hash, HASH), "weights of another hash");
}
#endif
