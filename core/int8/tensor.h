// One tensor of the file: its type, shape, quantisation and, if it is a constant, where its numbers are.
#ifndef FL_INT8_TENSOR_H
#define FL_INT8_TENSOR_H
#include "flatbuffer.h"
#include "schema.h"

namespace fl {
namespace int8 {

enum { MAX_DIMENSIONS = 6 };
/** No tensor has more elements, and no sum more terms: 2^16 products of two int8 stay within 32 bits. */
static const uint32_t MOST_ELEMENTS = (uint32_t)1 << 24, MOST_TERMS = (uint32_t)1 << 16;
/** No row costs more: minutes on a board, so that a hostile file cannot hold one for days. */
static const uint64_t MOST_PRODUCTS = (uint64_t)1 << 31;
/** Scales of activations. Converters give a layer that is always 0 about 2^-27; what is further out is no measure of anything. */
static const float LEAST_SCALE = 1.0f / (1 << 28), GREATEST_SCALE = (float)(1 << 26);

/** The parts of the file that every tensor is read from. */
struct Parts {
  Reader reader;
  Vector tensors, buffers;
};

struct Tensor {
  int32_t type;
  uint32_t dimensions, shape[MAX_DIMENSIONS], elements;
  /** float32 scales and int64 zero points in the file. */
  Vector scales, zeros;
  int32_t axis;
  /** Bytes of a constant; none for an activation. */
  Vector data;
};

static inline int read_shape(Reader* r, const Table& t, Tensor* tensor) {
  const Vector shape = vector_field(r, t, TENSOR_SHAPE, 4);
  const Vector signature = vector_field(r, t, TENSOR_SIGNATURE, 4);
  if (shape.count > MAX_DIMENSIONS) return BAD_SHAPE;
  tensor->dimensions = shape.count;
  tensor->elements = 1;
  for (uint32_t i = 0; i < shape.count; i++) {
    const int32_t size = int_element(r, shape, i);
    if (size < 1) return DYNAMIC_SHAPE;
    if ((uint32_t)size > MOST_ELEMENTS / tensor->elements) return TOO_LARGE;
    tensor->shape[i] = (uint32_t)size;
    tensor->elements *= (uint32_t)size;
  }
  // The first axis holds the rows, of which there is one here: converters leave it open.
  for (uint32_t i = 1; i < signature.count; i++) {
    if (int_element(r, signature, i) < 0) return DYNAMIC_SHAPE;
  }
  return 0;
}

static inline int read_data(Parts* parts, const Table& t, Tensor* tensor) {
  Reader* r = &parts->reader;
  const uint32_t buffer = (uint32_t)int_field(r, t, TENSOR_BUFFER, 0);
  const Vector none = {0, 0};
  tensor->data = none;
  if (has_field(r, t, TENSOR_SPARSITY) || byte_field(r, t, TENSOR_IS_VARIABLE)) return BAD_DATA;
  if (int_field(r, t, TENSOR_EXTERNAL_BUFFER, 0) != 0) return BAD_DATA;
  if (buffer == 0) return 0;
  const Table holder = table_element(r, parts->buffers, buffer);
  if (has_field(r, holder, BUFFER_OFFSET) || has_field(r, holder, BUFFER_SIZE)) return BAD_DATA;
  tensor->data = vector_field(r, holder, BUFFER_DATA, 1);
  return 0;
}

FL_APART int read_tensor(Parts* parts, int32_t index, Tensor* tensor) {
  Reader* r = &parts->reader;
  if (index < 0 || (uint32_t)index >= parts->tensors.count) return BAD_FILE;
  const Table t = table_element(r, parts->tensors, (uint32_t)index);
  tensor->type = (int32_t)byte_field(r, t, TENSOR_TYPE);
  int refused = read_shape(r, t, tensor);
  if (!refused) refused = read_data(parts, t, tensor);
  if (refused) return r->fault ? r->fault : refused;
  const Table quantisation = table_field(r, t, TENSOR_QUANTISATION);
  tensor->scales = vector_field(r, quantisation, QUANTISATION_SCALE, 4);
  tensor->zeros = vector_field(r, quantisation, QUANTISATION_ZERO, 8);
  tensor->axis = int_field(r, quantisation, QUANTISATION_AXIS, 0);
  if (byte_field(r, quantisation, QUANTISATION_DETAILS) != 0) return BAD_QUANTISATION;
  return r->fault;
}

FL_INLINE float scale_of(const Parts& parts, const Vector& scales, uint32_t i) {
  return get_float(parts.reader.file + scales.at + 4 * i);
}

/** Is it a positive number, and neither infinite nor NaN? */
FL_INLINE bool is_scale(float scale) { return scale > 0 && scale <= 3.4e38f; }

struct Quantisation {
  float scale;
  int32_t zero;
};

/** Of an activation: int8, one scale and one zero point, no data of its own. */
FL_APART int read_activation(const Parts& parts, const Tensor& tensor, Quantisation* q) {
  if (tensor.type != INT8) return NOT_INT8;
  if (tensor.data.count != 0) return BAD_DATA;
  if (tensor.scales.count == 0 || tensor.zeros.count == 0) return NO_QUANTISATION;
  if (tensor.scales.count != 1 || tensor.zeros.count != 1) return BAD_QUANTISATION;
  q->scale = scale_of(parts, tensor.scales, 0);
  const int64_t zero = (int64_t)get64(parts.reader.file + tensor.zeros.at);
  if (!(q->scale >= LEAST_SCALE && q->scale <= GREATEST_SCALE) || zero < -128 || zero > 127) return BAD_QUANTISATION;
  q->zero = (int32_t)zero;
  return 0;
}

/** Of weights: int8, as many scales as zero points, all zero points 0, all numbers there. */
FL_APART int check_weights(const Parts& parts, const Tensor& tensor) {
  if (tensor.type != INT8) return NOT_INT8;
  if (tensor.data.count != tensor.elements) return BAD_DATA;
  if (tensor.scales.count == 0 || tensor.zeros.count == 0) return NO_QUANTISATION;
  if (tensor.scales.count != tensor.zeros.count) return BAD_QUANTISATION;
  for (uint32_t i = 0; i < tensor.scales.count; i++) {
    if (get64(parts.reader.file + tensor.zeros.at + 8 * i) != 0) return BAD_QUANTISATION;
    if (!is_scale(scale_of(parts, tensor.scales, i))) return BAD_QUANTISATION;
  }
  return 0;
}

/** Of a bias for so many outputs. */
static inline int check_bias(const Tensor& tensor, uint32_t outputs) {
  if (tensor.type != INT32) return NOT_INT8;
  if (tensor.elements != outputs) return BAD_SHAPE;
  return tensor.data.count == 4 * outputs ? 0 : BAD_DATA;
}

}  // namespace int8
}  // namespace fl
#endif
