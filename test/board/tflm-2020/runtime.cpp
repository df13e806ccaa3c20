// The little of a C library that TensorFlow Lite Micro's int8 kernels call; what only its float kernels call ends the program.
#include <stddef.h>
#include <stdint.h>
#include "../../../firmware/qemu/semihosting.h"

#define NOT_HERE(name)                                             \
  {                                                                \
    fl::qemu::semihosting_write("TensorFlow Lite called " name ".\n"); \
    fl::qemu::semihosting_exit(1);                                 \
  }

extern "C" {
double floor(double x) {
  if (!(x > -9e18 && x < 9e18)) return x;
  const int64_t whole = (int64_t)x;
  return (double)whole > x ? (double)(whole - 1) : (double)whole;
}
double round(double x) { return x < 0 ? -floor(0.5 - x) : floor(x + 0.5); }
float roundf(float x) { return (float)round((double)x); }
float floorf(float x) { return (float)floor((double)x); }
float fmaxf(float a, float b) { return a > b ? a : b; }
float fminf(float a, float b) { return a < b ? a : b; }
double frexp(double x, int* exponent) {
  union {
    double value;
    uint64_t bits;
  } u;
  u.value = x;
  const int e = (int)(u.bits >> 52 & 0x7ff);
  *exponent = 0;
  if (x == 0 || e == 0 || e == 0x7ff) return x;
  *exponent = e - 1022;
  u.bits = (u.bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)1022 << 52;
  return u.value;
}
float expf(float) NOT_HERE("expf")
float logf(float) NOT_HERE("logf")
float tanhf(float) NOT_HERE("tanhf")
double exp(double) NOT_HERE("exp")
void abort() NOT_HERE("abort")
void __assert_func(const char*, int, const char*, const char*) NOT_HERE("assert")
void __cxa_pure_virtual() NOT_HERE("a pure virtual function")
void DebugLog(const char*) {}
int strcmp(const char* a, const char* b) {
  for (; *a && *a == *b; a++, b++) {
  }
  return (unsigned char)*a - (unsigned char)*b;
}
size_t strlen(const char* text) {
  size_t n = 0;
  while (text[n]) n++;
  return n;
}
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
void* __dso_handle = 0;
}
void operator delete(void*) NOT_HERE("delete")
void operator delete(void*, unsigned int) NOT_HERE("delete")
