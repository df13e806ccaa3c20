// The board's core for a sketch: it gives a Hal, calls poll in loop, and shows the state.
#ifndef FL_ARDUINO_FL_BOARD_H
#define FL_ARDUINO_FL_BOARD_H
#include "../../core/board/hal.h"
#include "../../core/int8/backbone.h"

namespace fl_board {

/** For model, samples and backbone. What it leaves of the RAM is Mbed's: docs/board.md has the table. */
enum : uint32_t { ARENA_BYTES = 144 * 1024 };

/** `engine` runs a frozen backbone; null: the core does. False: this build rounds in another way than every other board. */
bool start(const fl::board::Hal* hal, const fl::board::Identity* identity, const fl::Backbone* engine);

/** To be called for ever. True: there is more to do at once. */
bool poll();

/** A warning for the user, told when a host is there: one sentence that says what to do. After start(). */
void warn(const char* sentence);

/** A button of the board was pressed or let go. `number` counts the presses. */
void button(bool pressed, uint32_t number);

/** As in STATUS: 0 empty, 1 has a model, 2 has weights, 3 trains, 4 evaluates. */
int state();

}  // namespace fl_board
#endif
