// Declarations for a compile check.
#pragma once

namespace tflite {
struct Model;
const Model* GetModel(const void* bytes);
}  // namespace tflite
