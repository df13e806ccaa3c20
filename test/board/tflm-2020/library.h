// firmware/tflm/tflm_library.h for the library as it was in 2020: operators are registered one by one, and an interpreter
// wants somebody to complain to.
#ifndef FL_TFLM_2020_LIBRARY_H
#define FL_TFLM_2020_LIBRARY_H
#include "tensorflow/lite/micro/kernels/micro_ops.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace fl {
namespace tflm {

struct Place {
  void* at;
};

typedef ::tflite::MicroMutableOpResolver<13> Resolver;

struct Silent : ::tflite::ErrorReporter {
  int Report(const char*, va_list) override { return 0; }
};

/** Whatever version the file names: the converter writes later ones for what has not changed. */
static inline bool add_operators(Resolver* r) {
  using namespace ::tflite;
  using namespace ::tflite::ops::micro;
  const int any = MicroOpResolverAnyVersion();
  return r->AddBuiltin(BuiltinOperator_FULLY_CONNECTED, Register_FULLY_CONNECTED(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_CONV_2D, Register_CONV_2D(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_DEPTHWISE_CONV_2D, Register_DEPTHWISE_CONV_2D(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_MAX_POOL_2D, Register_MAX_POOL_2D(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_AVERAGE_POOL_2D, Register_AVERAGE_POOL_2D(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_SOFTMAX, Register_SOFTMAX(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_RELU, Register_RELU(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_RELU6, Register_RELU6(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_LOGISTIC, Register_LOGISTIC(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_TANH, Register_TANH(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_RESHAPE, Register_RESHAPE(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_QUANTIZE, Register_QUANTIZE(), any) == kTfLiteOk &&
         r->AddBuiltin(BuiltinOperator_DEQUANTIZE, Register_DEQUANTIZE(), any) == kTfLiteOk;
}

}  // namespace tflm
}  // namespace fl

inline void* operator new(size_t, fl::tflm::Place place) noexcept { return place.at; }

namespace fl {
namespace tflm {

static inline ::tflite::MicroInterpreter* make_interpreter(void* at, const ::tflite::Model* model, const Resolver& resolver,
                                                           uint8_t* arena, uint32_t bytes) {
  static Silent silent;
  return new (Place{at}) ::tflite::MicroInterpreter(model, resolver, arena, bytes, &silent);
}

}  // namespace tflm
}  // namespace fl
#endif
