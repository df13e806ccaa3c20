// Why a .tflite file is refused; lib/core/int8.ts has the sentences.
#ifndef FL_INT8_REFUSAL_H
#define FL_INT8_REFUSAL_H

namespace fl {
namespace int8 {

enum Refusal {
  BAD_FILE = -101,             // not a .tflite file, or an offset, table or vector that leaves it
  UNALIGNED = -102,            // an offset, number or buffer that does not lie on its boundary
  BAD_VERSION = -103,          // another version of the schema than 3
  NOT_ONE_SUBGRAPH = -104,     // several subgraphs, or none
  NOT_A_CHAIN = -105,          // several inputs or outputs, or a branch
  TOO_MANY_OPERATORS = -106,   // more than FL_MAX_OPS, or none
  UNKNOWN_OPERATOR = -107,     // an operator that is not in schema.h
  BAD_OPTIONS = -108,          // an operator's options are missing, or ask for what is not done here
  DYNAMIC_SHAPE = -109,        // a size that is not known (only the number of rows may be open)
  BAD_SHAPE = -110,            // shapes that do not go together
  NOT_INT8 = -111,             // activations or weights that are not int8, biases that are not int32
  NO_QUANTISATION = -112,      // a scale or zero point is missing
  BAD_QUANTISATION = -113,     // scales or zero points that the operator does not take
  DENSE_PER_CHANNEL = -114,    // a fully connected layer with a scale for each output
  BAD_DATA = -115,             // constants that are missing, of the wrong length, sparse or in another file
  TOO_LARGE = -116,            // sums that could leave 32 bits, or tensors beyond what is addressed
  ARENA_TOO_SMALL = -117,      // the memory that was given is less than arena_bytes
  NOT_OPEN = -118              // run without a file
};

}  // namespace int8
}  // namespace fl
#endif
