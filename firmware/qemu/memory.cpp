// What compilers call even where there is no C library. -fno-tree-loop-distribute-patterns and -fno-builtin keep these loops
// from becoming calls of themselves.
#include <stddef.h>
#include <stdint.h>

extern "C" {
void* memcpy(void* to, const void* from, size_t n) {
  uint8_t* t = static_cast<uint8_t*>(to);
  const uint8_t* f = static_cast<const uint8_t*>(from);
  if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0) {
    for (; n >= 4; n -= 4, t += 4, f += 4) *reinterpret_cast<uint32_t*>(t) = *reinterpret_cast<const uint32_t*>(f);
  }
  while (n-- > 0) *t++ = *f++;
  return to;
}

void* memmove(void* to, const void* from, size_t n) {
  uint8_t* t = static_cast<uint8_t*>(to);
  const uint8_t* f = static_cast<const uint8_t*>(from);
  if (t <= f) return memcpy(to, from, n);
  while (n-- > 0) t[n] = f[n];
  return to;
}

void* memset(void* to, int value, size_t n) {
  uint8_t* t = static_cast<uint8_t*>(to);
  while (n-- > 0) *t++ = (uint8_t)value;
  return to;
}

int memcmp(const void* a, const void* b, size_t n) {
  const uint8_t* x = static_cast<const uint8_t*>(a);
  const uint8_t* y = static_cast<const uint8_t*>(b);
  for (; n > 0; n--, x++, y++) {
    if (*x != *y) return *x < *y ? -1 : 1;
  }
  return 0;
}

// The AEABI's own names, which clang uses.
void __aeabi_memcpy(void* to, const void* from, size_t n) { memcpy(to, from, n); }
void __aeabi_memcpy4(void* to, const void* from, size_t n) { memcpy(to, from, n); }
void __aeabi_memcpy8(void* to, const void* from, size_t n) { memcpy(to, from, n); }
void __aeabi_memmove(void* to, const void* from, size_t n) { memmove(to, from, n); }
void __aeabi_memmove4(void* to, const void* from, size_t n) { memmove(to, from, n); }
void __aeabi_memmove8(void* to, const void* from, size_t n) { memmove(to, from, n); }
void __aeabi_memset(void* to, size_t n, int value) { memset(to, value, n); }
void __aeabi_memset4(void* to, size_t n, int value) { memset(to, value, n); }
void __aeabi_memset8(void* to, size_t n, int value) { memset(to, value, n); }
void __aeabi_memclr(void* to, size_t n) { memset(to, 0, n); }
void __aeabi_memclr4(void* to, size_t n) { memset(to, 0, n); }
void __aeabi_memclr8(void* to, size_t n) { memset(to, 0, n); }
}
