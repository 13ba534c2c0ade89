/* Calls through a table of functions, the next unpredictable. */
#include "guest.h"
typedef u32 (*Step)(u32);
#define STEP(n, body) static u32 __attribute__((noinline)) step##n(u32 x) { return body; }
STEP(0, x + 1)
STEP(1, x ^ 0x9e3779b9u)
STEP(2, x * 5)
STEP(3, (x << 7) | (x >> 25))
STEP(4, x - (x >> 3))
STEP(5, ~x)
STEP(6, x + (x << 4))
STEP(7, x ^ (x >> 15))

u32 unit(void) {
  static Step const steps[] = {step0, step1, step2, step3, step4, step5, step6, step7};
  u32 seed = 1, x = 1;
  for (u32 i = 0; i < 2000000; i++) x = steps[next(&seed) >> 29](x);
  return x;
}
