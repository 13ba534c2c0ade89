/* Sieve of Eratosthenes over bytes. */
#include "guest.h"
#define LIMIT 400000
static u8 composite[LIMIT];

u32 unit(void) {
  u32 sum = 0;
  for (int round = 0; round < 12; round++) {
    for (u32 i = 0; i < LIMIT; i++) composite[i] = 0;
    for (u32 i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      sum += i;
      for (u32 j = 2 * i; j < LIMIT; j += i) composite[j] = 1;
    }
  }
  return sum;
}
