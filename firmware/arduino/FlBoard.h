// What a sketch includes; the library's folders keep the names that they have in the repository.
#include "firmware/arduino/fl_board.h"
