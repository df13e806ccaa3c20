// From a .tflite file to a network: a chain of operators, each checked, and a place in the arena for each tensor.
#ifndef FL_INT8_OPEN_H
#define FL_INT8_OPEN_H
#include "read_elementwise.h"

namespace fl {
namespace int8 {

FL_INLINE bool has_weights(int32_t code) {
  return code == CONV_2D || code == DEPTHWISE_CONV_2D || code == FULLY_CONNECTED;
}
FL_INLINE bool keeps_numbers(int32_t code) { return code == RESHAPE || code == SQUEEZE || code == EXPAND_DIMS; }
/** May its output take the place of its input? */
FL_INLINE bool in_place(int32_t code) {
  return keeps_numbers(code) || code == RELU || code == RELU6 || code == LEAKY_RELU || code == LOGISTIC ||
         code == TANH || code == SOFTMAX || code == QUANTIZE;
}

/** The schema's code of an operator: the byte of old files, or the number that came after it, whichever is greater. */
static inline int32_t operator_code(Reader* r, const Vector& codes, const Table& t) {
  const Table code = table_element(r, codes, (uint32_t)int_field(r, t, OPERATOR_CODE_INDEX, 0));
  const int32_t byte = (int32_t)byte_field(r, code, CODE_BYTE), number = int_field(r, code, CODE_INT, 0);
  return byte > number ? byte : number;
}

/** One row: the first axis of what has several is 1. */
FL_INLINE bool one_row(const Tensor& t) { return t.dimensions < 2 || t.shape[0] == 1; }

/** A float tensor at an edge of the network. */
static inline int check_edge(const Tensor& outside, const Tensor& inside) {
  if (outside.type != FLOAT32) return NOT_INT8;
  return outside.elements == inside.elements && one_row(outside) ? 0 : BAD_SHAPE;
}

/** Tensors and options of an operator that takes the tensor `from` and makes `to`. */
FL_APART int read_source(Parts* parts, const Table& t, int32_t code, int32_t from, int32_t to, Source* s) {
  Reader* r = &parts->reader;
  const Vector inputs = vector_field(r, t, OPERATOR_INPUTS, 4);
  s->options_type = (int32_t)byte_field(r, t, OPERATOR_OPTIONS_TYPE);
  s->options = table_field(r, t, OPERATOR_OPTIONS);
  s->has_bias = false;
  int refused = read_tensor(parts, from, &s->in);
  if (!refused) refused = read_tensor(parts, to, &s->out);
  if (refused || !has_weights(code)) return refused;
  if (s->options.at == 0) return BAD_OPTIONS;
  if (inputs.count < 2 || inputs.count > 3) return BAD_SHAPE;
  refused = read_tensor(parts, int_element(r, inputs, 1), &s->weights);
  s->has_bias = inputs.count == 3 && int_element(r, inputs, 2) != -1;
  if (!refused && s->has_bias) refused = read_tensor(parts, int_element(r, inputs, 2), &s->bias);
  return refused;
}

/** Reads one operator into the network, or takes it as one of its float edges. */
static inline int read_operator(Parts* parts, const Source& s, int32_t code, bool first, bool last, Network* n) {
  if (first && code == QUANTIZE && s.in.type == FLOAT32) {
    n->float_input = true;
    return check_edge(s.in, s.out);
  }
  if (last && code == DEQUANTIZE) {
    Quantisation q;
    const int refused = read_activation(*parts, s.in, &q);
    n->float_output = true;
    return refused ? refused : check_edge(s.out, s.in);
  }
  Operator* o = &n->operators[n->count];
  o->code = code;
  o->bias = 0;
  int refused = read_activation(*parts, s.in, &o->in_q);
  if (!refused) refused = read_activation(*parts, s.out, &o->out_q);
  if (refused) return refused;
  switch (code) {
    case CONV_2D:
    case DEPTHWISE_CONV_2D:
      refused = read_convolution(parts, s, o);
      break;
    case MAX_POOL_2D:
    case AVERAGE_POOL_2D:
      refused = read_pool(parts, s, o);
      break;
    case FULLY_CONNECTED:
      refused = read_dense(parts, s, o);
      break;
    default:
      refused = read_elementwise(parts, s, o);
  }
  if (refused) return refused;
  n->products += (uint64_t)elements(o->out) * o->terms;
  if (n->products > MOST_PRODUCTS) return TOO_LARGE;
  n->count++;
  return 0;
}

/** From one end of the arena to the other and back, so that only two neighbours are ever there at once. */
static inline void place_tensors(Network* n) {
  n->arena = (elements(n->operators[0].in) + 15) / 16 * 16;
  for (uint32_t i = 0; i < n->count; i++) {
    const Operator& o = n->operators[i];
    const uint32_t in = (elements(o.in) + 15) / 16 * 16, out = (elements(o.out) + 15) / 16 * 16;
    if (!in_place(o.code) && in + out > n->arena) n->arena = in + out;
  }
  bool at_end = false;
  for (uint32_t i = 0; i < n->count; i++) {
    Operator* o = &n->operators[i];
    o->input = i > 0 ? n->operators[i - 1].output : 0;
    if (!in_place(o->code)) at_end = !at_end;
    const uint32_t out = (elements(o->out) + 15) / 16 * 16;
    o->output = in_place(o->code) ? o->input : at_end ? n->arena - out : 0;
  }
}

FL_APART int read_chain(Parts* parts, const Vector& codes, const Table& subgraph, Network* n) {
  Reader* r = &parts->reader;
  const Vector inputs = vector_field(r, subgraph, SUBGRAPH_INPUTS, 4);
  const Vector outputs = vector_field(r, subgraph, SUBGRAPH_OUTPUTS, 4);
  const Vector operators = vector_field(r, subgraph, SUBGRAPH_OPERATORS, 4);
  if (r->fault) return r->fault;
  if (inputs.count != 1 || outputs.count != 1) return NOT_A_CHAIN;
  // Two more than are kept: the float edges.
  if (operators.count < 1 || operators.count > MAX_OPERATORS + 2) return TOO_MANY_OPERATORS;
  int32_t at = int_element(r, inputs, 0);
  for (uint32_t i = 0; i < operators.count; i++) {
    const Table t = table_element(r, operators, i);
    const int32_t code = operator_code(r, codes, t);
    const Vector takes = vector_field(r, t, OPERATOR_INPUTS, 4), makes = vector_field(r, t, OPERATOR_OUTPUTS, 4);
    if (r->fault) return r->fault;
    if (n->count >= MAX_OPERATORS && !(i + 1 == operators.count && code == DEQUANTIZE)) return TOO_MANY_OPERATORS;
    if (n->count < MAX_OPERATORS) n->operators[n->count].code = code;
    if (!has_weights(code) && !in_place(code) && code != MAX_POOL_2D && code != AVERAGE_POOL_2D && code != DEQUANTIZE) {
      return UNKNOWN_OPERATOR;
    }
    if (takes.count < 1 || makes.count != 1 || int_element(r, takes, 0) != at) return NOT_A_CHAIN;
    const int32_t to = int_element(r, makes, 0);
    if (to == at) return NOT_A_CHAIN;
    Source s;
    int refused = read_source(parts, t, code, at, to, &s);
    if (!refused && i == 0 && !one_row(s.in)) refused = BAD_SHAPE;
    if (!refused && i + 1 == operators.count && !one_row(s.out)) refused = BAD_SHAPE;
    if (!refused) refused = read_operator(parts, s, code, i == 0, i + 1 == operators.count, n);
    if (r->fault || refused) return r->fault ? r->fault : refused;
    at = to;
  }
  if (at != int_element(r, outputs, 0)) return NOT_A_CHAIN;
  return n->count > 0 ? 0 : TOO_MANY_OPERATORS;
}

/**
 * Reads a .tflite file of `bytes` bytes, which stays where it is for as long as the network is used, and plans its memory.
 * 0, or a Refusal; then operators[count].code is the operator that was refused, 0 if it was none.
 */
static inline int open(Network* n, const uint8_t* file, uint32_t bytes) {
  n->count = 0;
  n->products = 0;
  n->operators[0].code = 0;
  n->float_input = n->float_output = false;
  if (bytes < 16 || file[4] != 'T' || file[5] != 'F' || file[6] != 'L' || file[7] != '3') return BAD_FILE;
  if (bytes > 0x7fffffff) return TOO_LARGE;
  Parts parts;
  parts.reader.file = file;
  parts.reader.bytes = bytes;
  parts.reader.fault = 0;
  Reader* r = &parts.reader;
  const Table model = table_at(r, 0);
  if (!r->fault && int_field(r, model, MODEL_VERSION, 0) != SCHEMA_VERSION) return r->fault ? r->fault : BAD_VERSION;
  const Vector codes = vector_field(r, model, MODEL_OPERATOR_CODES, 4);
  const Vector subgraphs = vector_field(r, model, MODEL_SUBGRAPHS, 4);
  parts.buffers = vector_field(r, model, MODEL_BUFFERS, 4);
  if (!r->fault && subgraphs.count != 1) return NOT_ONE_SUBGRAPH;
  const Table subgraph = table_element(r, subgraphs, 0);
  parts.tensors = vector_field(r, subgraph, SUBGRAPH_TENSORS, 4);
  if (r->fault) return r->fault;
  const int refused = read_chain(&parts, codes, subgraph, n);
  if (refused) return refused;
  const Operator &first = n->operators[0], &last = n->operators[n->count - 1];
  n->file = file;
  n->inputs = elements(first.in);
  n->outputs = elements(last.out);
  n->input = first.in_q;
  n->output = last.out_q;
  place_tensors(n);
  return 0;
}

/** Bytes of memory that forward() works in. */
static inline uint32_t arena_bytes(const Network& n) { return n.arena; }

}  // namespace int8
}  // namespace fl
#endif
