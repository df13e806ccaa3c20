// The numbers of docs/board-protocol.md, section 4.
#ifndef FL_BOARD_CODES_H
#define FL_BOARD_CODES_H
#include <stdint.h>

namespace fl {
namespace board {

enum Request {
  STATUS = 0x01,
  LOAD = 0x02,
  BEGIN = 0x10,
  BLOCK_OF = 0x11,
  COMMIT = 0x12,
  READ = 0x13,
  ROWS = 0x20,
  CLEAR = 0x21,
  TRAIN = 0x30,
  ABORT = 0x31,
  RESULT = 0x32,
  PREDICT = 0x40,
  EVALUATE = 0x41,
  SENSE = 0x50,
  READINGS = 0x51,
  LABEL = 0x52,
  SAVE = 0x60,
  FORGET = 0x61,
  RESET = 0x62
};
enum { ANSWER = 0x80 };
enum Event { JOB = 0xc1, PROGRESS = 0xc2, EVALUATION = 0xc3, WINDOW = 0xc4, BUTTON = 0xc5, LOG = 0xc6 };

enum Code {
  OK = 0,
  UNKNOWN = 1,
  MALFORMED_MESSAGE = 2,
  NO_MODEL = 3,
  NO_WEIGHTS = 4,
  NO_SAMPLES = 5,
  NO_MEMORY = 6,
  BAD_MODEL = 7,
  BUSY = 8,
  WRONG_PLACE = 9,
  BAD_HASH = 10,
  NOT_FINITE = 11,
  NO_SUCH_CLASS = 12,
  BAD_OPTIONS = 13,
  DIVERGED = 14,
  NO_TRANSFER = 15,
  NO_RESULT = 16,
  CHANGED = 17,
  UNSUPPORTED = 18,
  STORAGE = 19,
  MESSAGE_TOO_LARGE = 20,
  NO_SENSOR = 21,
  BAD_BACKBONE = 22
};

enum State { EMPTY = 0, HAS_MODEL = 1, HAS_WEIGHTS = 2, TRAINS = 3, EVALUATES = 4 };
enum JobState { NO_JOB = 0, JOB_RUNS = 1, JOB_DONE = 2, JOB_FAILED = 3 };
enum TransferKind { NO_TRANSFER_KIND = 0, WEIGHTS = 1, BACKBONE = 2, CONTROL = 3, ANCHOR = 4 };
/** Vectors beside the weights, for one training: CONTROL, then ANCHOR. */
enum { VECTORS = 2 };
enum LoadFlag { LOAD_THROUGH_BACKBONE = 1, LOAD_CONTROL = 2, LOAD_ANCHOR = 4, LOAD_FLAGS = 7 };
enum TrainFlag { TRAIN_CONTROL = 1, TRAIN_ANCHOR = 2, TRAIN_FULL_BATCH = 4, TRAIN_FLAGS = 7 };
/** What a job makes of the rows; the gradient comes with its loss. */
enum Work { TRAINING = 0, START_LOSS = 1, START_GRADIENT = 2 };
enum ReadKind { READ_NOTHING = 0, READ_UPDATE = 1, READ_WEIGHTS = 2, READ_STATISTICS = 3 };

/** What a request came to: a code, and the number that goes with it. */
struct Outcome {
  uint8_t code;
  uint32_t detail;
};
static inline Outcome outcome(uint8_t code, uint32_t detail = 0) {
  const Outcome o = {code, detail};
  return o;
}

enum { KEY = 8, HASH = 32 };

}  // namespace board
}  // namespace fl
#endif
