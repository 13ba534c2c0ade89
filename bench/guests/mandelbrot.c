/* The Mandelbrot set in double precision. */
#include "guest.h"

u32 unit(void) {
  u32 sum = 0;
  for (int y = 0; y < 48; y++)
    for (int x = 0; x < 64; x++) {
      double cr = (x - 44) / 24.0, ci = (y - 24) / 20.0, r = 0, i = 0;
      int n = 0;
      while (n < 200 && r * r + i * i < 4) {
        double t = r * r - i * i + cr;
        i = 2 * r * i + ci;
        r = t;
        n++;
      }
      sum = sum * 7 + n;
    }
  return sum;
}
