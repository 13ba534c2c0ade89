/* Gravitation among five bodies: additions, multiplications, divisions and square roots in double precision. */
#include "guest.h"
#define BODIES 5
static struct { double x, y, z, vx, vy, vz, mass; } body[BODIES];

static double root(double x) { return __builtin_sqrt(x); }

u32 unit(void) {
  for (int i = 0; i < BODIES; i++) {
    body[i].x = i * 3.5, body[i].y = i * i * 0.75 - 2, body[i].z = 0.25 * i;
    body[i].vx = 0.1 * (i - 2), body[i].vy = 0.3 - 0.05 * i, body[i].vz = 0.01 * i;
    body[i].mass = i ? 0.05 / i : 40;
  }
  for (int step = 0; step < 4000; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        double x = body[i].x - body[j].x, y = body[i].y - body[j].y, z = body[i].z - body[j].z;
        double d = x * x + y * y + z * z, m = 0.001 / (d * root(d));
        body[i].vx -= x * body[j].mass * m, body[i].vy -= y * body[j].mass * m, body[i].vz -= z * body[j].mass * m;
        body[j].vx += x * body[i].mass * m, body[j].vy += y * body[i].mass * m, body[j].vz += z * body[i].mass * m;
      }
    for (int i = 0; i < BODIES; i++) body[i].x += 0.001 * body[i].vx, body[i].y += 0.001 * body[i].vy, body[i].z += 0.001 * body[i].vz;
  }
  union { double d[3]; u32 w[6]; } all;
  u32 sum = 0;
  for (int i = 0; i < BODIES; i++) {
    all.d[0] = body[i].x, all.d[1] = body[i].vy, all.d[2] = body[i].z;
    for (int n = 0; n < 6; n++) sum = sum * 31 + all.w[n];
  }
  return sum;
}
