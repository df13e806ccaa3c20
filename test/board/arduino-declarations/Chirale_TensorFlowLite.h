// Declarations for a compile check: the library Chirale_TensorFLowLite; what is used of it stands in ../tflm-declarations.
#pragma once
