// A board: what it holds. One block of static memory, nothing allocated.
#ifndef FL_BOARD_STATE_H
#define FL_BOARD_STATE_H
#include "../int8/core_backbone.h"
#include "../kernels/sha256.h"
#include "../sense/features.h"
#include "../sense/window.h"
#include "../train.h"
#include "link.h"
#include "memory.h"
#include "rows.h"
#include "update.h"

namespace fl {
namespace board {

enum { PROGRAM_WORDS = HEADER_WORDS + MAX_LAYERS * LAYER_WORDS };

/** A model as LOAD told it. */
struct Loaded {
  uint8_t key[KEY];
  uint8_t flags;
  uint32_t rows;
  uint16_t targets;
  uint32_t words;
  int32_t program[PROGRAM_WORDS];
};

/** A vector of one training beside the weights. */
struct Vector {
  bool there;
  uint8_t hash[HASH];
};

/** What is coming in. */
struct Staged {
  uint8_t kind, flags;
  uint32_t bytes, received;
  uint8_t hash[HASH];
  Sha256 sum;
};

struct Job {
  uint8_t key[KEY];
  uint8_t state, code, update, work, unheard;
  /** Of work that is no training. */
  FullPass pass;
  /** Numbers that do not learn: first, and how many, of each range. */
  uint32_t frozen[2 * MAX_TENSORS];
  uint32_t rows, steps, total, began, took;
  double loss, first_loss;
  uint32_t bytes;
  uint8_t hash[HASH];
  uint32_t told;
};

struct Evaluation {
  bool runs, unheard;
  uint8_t code;
  uint32_t row, hits;
  double loss;
};

/** What READ is sending. */
struct Reading {
  uint8_t what, tag;
  uint8_t key[KEY];
  uint32_t offset, end;
  uint16_t block;
  /** Of the message that is being made: what it holds so far. */
  bool open;
  Writer writer;
};

struct Sense {
  uint8_t sensor, flags, count;
  uint8_t features[16];
  uint32_t channels, number;
  SlidingWindow window;
  float* made;
  int32_t label;
  /** The last window is in `made`; it is kept already. */
  bool some, kept;
  /** Bytes of the READINGS at hand that are done with. */
  uint32_t consumed;
  /** Windows that the host was not told of. */
  uint32_t lost;
};

/** Room for what waits to be told by LOG. */
enum { LOG_BYTES = 160 };
enum LogLevel { LOG_INFO = 0, LOG_WARNING = 1, LOG_ERROR = 2 };

struct Device {
  Hal hal;
  Identity identity;
  Backbone engine;
  int8::CoreBackbone core_engine;
  uint8_t* arena;
  uint32_t arena_bytes;

  Link link;
  uint32_t messages_refused;

  Model model;
  Training training;
  Samples samples;
  Memory memory;
  Loaded loaded;
  bool has_model, has_weights, normalises;
  uint8_t weights_hash[HASH];
  uint32_t weights_bytes;
  Vector vectors[VECTORS];
  Rows rows;
  /** Numbers of the row that is coming in, and of the one to predict. */
  uint32_t row_numbers, probe_numbers;

  bool has_backbone;
  BackboneInfo backbone;
  uint32_t backbone_bytes;
  uint8_t backbone_hash[HASH];

  Staged staged;
  Job job;
  Evaluation evaluation;
  Reading reading;
  Sense sense;

  uint8_t log_level, log_length;
  uint8_t log[LOG_BYTES];
};

struct Parts {
  const Hal* hal;
  const Identity* identity;
  /** Null: the core's own. */
  const Backbone* backbone;
  /** 16-byte aligned. */
  uint8_t* arena;
  uint32_t arena_bytes;
};

FL_INLINE float* floats_at(const Device& d, uint32_t offset) { return reinterpret_cast<float*>(d.arena + offset); }
FL_INLINE float* vector_at(const Device& d, int k) { return floats_at(d, d.memory.vectors[k]); }
FL_INLINE bool has_room(const Device& d, int k) { return (d.loaded.flags & (LOAD_CONTROL << k)) != 0; }
FL_INLINE bool trains(const Device& d) { return d.job.state == JOB_RUNS; }
FL_INLINE bool works(const Device& d) { return trains(d) || d.evaluation.runs; }

static inline State state_of(const Device& d) {
  if (trains(d)) return TRAINS;
  if (d.evaluation.runs) return EVALUATES;
  return d.has_weights ? HAS_WEIGHTS : d.has_model ? HAS_MODEL : EMPTY;
}

/** Staged weights, a finished update and what is to be saved: the numbers that only training uses. */
FL_INLINE uint8_t* scratch(const Device& d) { return reinterpret_cast<uint8_t*>(d.model.memory + d.model.gradient); }
FL_INLINE uint32_t scratch_bytes(const Device& d) { return (d.model.total_numbers - d.model.gradient) * 4; }

/** Length of committed weights as they were transferred. */
FL_INLINE uint32_t weights_length(const Device& d, bool with_normalisation) {
  return d.model.parameters * 4 + (with_normalisation ? d.memory.width * 8 : 0);
}

static inline void forget_job(Device* d) {
  clear_bytes(d->job.key, KEY);
  d->job.state = NO_JOB;
  d->job.unheard = 0;
  d->job.bytes = 0;
}
/** What lies in the scratch is about to be written over. */
static inline void drop_scratch(Device* d) {
  if (d->staged.kind == WEIGHTS) d->staged.kind = NO_TRANSFER_KIND;
  if (d->job.state == JOB_DONE) forget_job(d);
}

/** A sentence for the user, told when a host is there; several wait behind each other, as far as there is room. */
static inline void log_line(Device* d, LogLevel level, const char* text) {
  const bool waits = d->log_length > 0;
  if (!waits || level > d->log_level) d->log_level = level;
  if (waits && d->log_length < LOG_BYTES) d->log[d->log_length++] = ' ';
  while (d->log_length < LOG_BYTES && *text != 0) d->log[d->log_length++] = (uint8_t)*text++;
}

}  // namespace board
}  // namespace fl
#endif
