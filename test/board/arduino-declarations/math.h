// Declarations for a compile check: the C library.
#pragma once
extern "C" float sqrtf(float x);
