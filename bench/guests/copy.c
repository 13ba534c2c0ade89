/* Copies by a loop of 32-bit moves. */
#include "guest.h"
#define WORDS 16384
static u32 from[WORDS], to[WORDS];

u32 unit(void) {
  u32 seed = 1, sum = 0;
  for (int i = 0; i < WORDS; i++) from[i] = next(&seed);
  for (int round = 0; round < 400; round++) {
    volatile u32 *t = to;
    for (int i = 0; i < WORDS; i++) t[i] = from[i];
    from[round] += to[round + 1];
  }
  for (int i = 0; i < WORDS; i++) sum = sum * 13 + to[i];
  return sum;
}
