// What is taken of TensorFlow Lite Micro as it is since 2022, and as Chirale_TensorFLowLite brings it. Its InitializeTarget is
// never called: it would open the serial port, which is the protocol's.
#ifndef FL_TFLM_LIBRARY_H
#define FL_TFLM_LIBRARY_H
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace fl {
namespace tflm {

/** Where an object is made. */
struct Place {
  void* at;
};

typedef ::tflite::MicroMutableOpResolver<16> Resolver;

/** The operators of core/int8/schema.h. */
static inline bool add_operators(Resolver* r) {
  return r->AddFullyConnected() == kTfLiteOk && r->AddConv2D() == kTfLiteOk && r->AddDepthwiseConv2D() == kTfLiteOk &&
         r->AddMaxPool2D() == kTfLiteOk && r->AddAveragePool2D() == kTfLiteOk && r->AddSoftmax() == kTfLiteOk &&
         r->AddRelu() == kTfLiteOk && r->AddRelu6() == kTfLiteOk && r->AddLeakyRelu() == kTfLiteOk && r->AddLogistic() == kTfLiteOk &&
         r->AddTanh() == kTfLiteOk && r->AddReshape() == kTfLiteOk && r->AddSqueeze() == kTfLiteOk &&
         r->AddExpandDims() == kTfLiteOk && r->AddQuantize() == kTfLiteOk && r->AddDequantize() == kTfLiteOk;
}

}  // namespace tflm
}  // namespace fl

inline void* operator new(size_t, fl::tflm::Place place) noexcept { return place.at; }

namespace fl {
namespace tflm {

static inline ::tflite::MicroInterpreter* make_interpreter(void* at, const ::tflite::Model* model, const Resolver& resolver,
                                                           uint8_t* arena, uint32_t bytes) {
  return new (Place{at}) ::tflite::MicroInterpreter(model, resolver, arena, bytes);
}

}  // namespace tflm
}  // namespace fl
#endif
