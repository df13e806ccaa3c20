// The numbers of TensorFlow Lite's published schema (version 3) that are read here: fields in their order, enumerations.
#ifndef FL_INT8_SCHEMA_H
#define FL_INT8_SCHEMA_H

namespace fl {
namespace int8 {

enum { SCHEMA_VERSION = 3 };

enum ModelField { MODEL_VERSION = 0, MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum SubgraphField { SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3 };
enum OperatorCodeField { CODE_BYTE = 0, CODE_CUSTOM = 1, CODE_INT = 3 };
enum OperatorField {
  OPERATOR_CODE_INDEX = 0,
  OPERATOR_INPUTS = 1,
  OPERATOR_OUTPUTS = 2,
  OPERATOR_OPTIONS_TYPE = 3,
  OPERATOR_OPTIONS = 4
};
enum TensorField {
  TENSOR_SHAPE = 0,
  TENSOR_TYPE = 1,
  TENSOR_BUFFER = 2,
  TENSOR_QUANTISATION = 4,
  TENSOR_IS_VARIABLE = 5,
  TENSOR_SPARSITY = 6,
  TENSOR_SIGNATURE = 7,
  TENSOR_EXTERNAL_BUFFER = 10
};
enum QuantisationField { QUANTISATION_SCALE = 2, QUANTISATION_ZERO = 3, QUANTISATION_DETAILS = 4, QUANTISATION_AXIS = 6 };
enum BufferField { BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2 };

enum TensorType { FLOAT32 = 0, INT32 = 2, INT8 = 9 };

/** Codes of the operators that are done here. */
enum OperatorCode {
  AVERAGE_POOL_2D = 1,
  CONV_2D = 3,
  DEPTHWISE_CONV_2D = 4,
  DEQUANTIZE = 6,
  FULLY_CONNECTED = 9,
  LOGISTIC = 14,
  MAX_POOL_2D = 17,
  RELU = 19,
  RELU6 = 21,
  RESHAPE = 22,
  SOFTMAX = 25,
  TANH = 28,
  SQUEEZE = 43,
  EXPAND_DIMS = 70,
  LEAKY_RELU = 98,
  QUANTIZE = 114
};

/** Kinds of builtin_options. */
enum OptionsType {
  CONV_OPTIONS = 1,
  DEPTHWISE_OPTIONS = 2,
  POOL_OPTIONS = 5,
  DENSE_OPTIONS = 8,
  SOFTMAX_OPTIONS = 9,
  LEAKY_OPTIONS = 75
};

/** Convolutions and pooling have padding, stride of width and of height in fields 0 to 2. */
enum WindowField { WINDOW_PADDING = 0, WINDOW_STRIDE_W = 1, WINDOW_STRIDE_H = 2 };
/** In a depthwise convolution these come one later, behind its multiplier. */
enum ConvField { CONV_ACTIVATION = 3, CONV_DILATION_W = 4, CONV_DILATION_H = 5 };
enum DepthwiseField { DEPTHWISE_MULTIPLIER = 3 };
enum PoolField { POOL_WIDTH = 3, POOL_HEIGHT = 4, POOL_ACTIVATION = 5 };
enum DenseField { DENSE_ACTIVATION = 0, DENSE_WEIGHTS_FORMAT = 1 };
enum SoftmaxField { SOFTMAX_BETA = 0 };
enum LeakyField { LEAKY_SLOPE = 0 };

enum PaddingKind { PADDING_SAME = 0, PADDING_VALID = 1 };
enum FusedActivation { FUSED_NONE = 0, FUSED_RELU = 1, FUSED_RELU_1 = 2, FUSED_RELU_6 = 3 };

}  // namespace int8
}  // namespace fl
#endif
