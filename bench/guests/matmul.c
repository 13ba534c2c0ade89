/* Integer matrices. */
#include "guest.h"
#define N 96
static u32 a[N][N], b[N][N], c[N][N];

u32 unit(void) {
  u32 seed = 3, sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = next(&seed);
      b[i][j] = next(&seed);
    }
  for (int round = 0; round < 16; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        u32 s = 0;
        for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
    a[round][round] ^= c[N - 1 - round][round];
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) sum = sum * 17 + c[i][j];
  return sum;
}
