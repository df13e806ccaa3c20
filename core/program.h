// The compact description of a model that the outside hands in, as int32 words, and what is read from it.
//
//   header   version, loss, target, batch, slots, training, height, width, channels, layers
//   layer    type, activation, units, kernel h, kernel w, stride h, stride w, same, multiplier, bias, 0, 0
//
// A one-dimensional layer is a two-dimensional one of height 1; a vector is one pixel of many channels. A dense layer works
// on the channels of each pixel, as in Keras.
#ifndef FL_PROGRAM_H
#define FL_PROGRAM_H
#include "real.h"

namespace fl {

#ifndef FL_MAX_LAYERS
#define FL_MAX_LAYERS 64  // about 100 bytes each; a board takes fewer
#endif
enum { PROGRAM_VERSION = 1, HEADER_WORDS = 10, LAYER_WORDS = 12, MAX_LAYERS = FL_MAX_LAYERS };

enum LayerType { DENSE = 0, CONV = 1, DEPTHWISE = 2, MAX_POOL = 3, AVERAGE_POOL = 4, FLATTEN = 5 };
enum Activation { LINEAR = 0, RELU = 1, LEAKY_RELU = 2, TANH = 3, SIGMOID = 4, SOFTMAX = 5 };
enum Loss { SOFTMAX_CROSS_ENTROPY = 0, SIGMOID_CROSS_ENTROPY = 1, MEAN_SQUARED_ERROR = 2, HUBER = 3 };
/** A class index a row, one number for each output, or the (normalised) input itself. */
enum Target { CLASS_INDEX = 0, VALUES = 1, OWN_INPUT = 2 };
enum OptimizerKind { SGD = 0, MOMENTUM = 1, ADAM = 2 };

/** Why a plan or a step is refused; lib/core/program.ts has the sentences. */
enum Refusal {
  MALFORMED = -1,      // the words are not a program
  BAD_LAYER = -2,      // a layer that is not known, or a size that is not positive
  KERNEL_TOO_BIG = -3, // a window larger than its input
  TOO_LARGE = -4,      // more than the addressable memory
  BAD_LOSS = -5,       // loss, last activation and target do not go together
  BAD_CLASS = -6       // a class index that the outputs do not have
};

struct Shape {
  uint32_t height, width, channels;
  /** Channels in memory: a multiple of LANES. */
  uint32_t stride;
};

struct Layer {
  int32_t type, activation;
  Shape in, out;
  uint32_t kernel_h, kernel_w, stride_h, stride_w;
  /** Rows and columns of zeros above and left of the input. */
  uint32_t pad_top, pad_left;
  uint32_t multiplier;
  bool has_bias;
  /** The kernel: `kernel_rows` rows of out.channels numbers, at `kernel` in the parameters; the bias, one row, at `bias`. */
  uint32_t kernel, kernel_rows, bias;
  /** The output of the layer, in the arena of numbers. */
  uint32_t output;
};

FL_INLINE uint32_t pixels(const Shape& s) { return s.height * s.width; }
FL_INLINE uint32_t numbers(const Shape& s) { return s.height * s.width * s.stride; }

}  // namespace fl
#endif
