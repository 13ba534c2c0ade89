/* Recursion: Fibonacci numbers, Ackermann's function. */
#include "guest.h"

static u32 __attribute__((noinline, optimize("no-optimize-sibling-calls"))) fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static u32 __attribute__((noinline, optimize("no-optimize-sibling-calls"))) ackermann(u32 m, u32 n) {
  return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

u32 unit(void) { return fibonacci(29) + ackermann(2, 400) * 1000003u; }
