/* The compression function of SHA-256 (FIPS 180-4), with pseudo-random constants. */
#include "guest.h"
#define WORDS 16384
static u32 text[WORDS];
static u32 k[64], h[8];

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

static void compress(const u32 *block) {
  u32 w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = block[i];
  for (int i = 16; i < 64; i++) {
    u32 x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (ROTATE(x, 7) ^ ROTATE(x, 18) ^ (x >> 3)) + (ROTATE(y, 17) ^ ROTATE(y, 19) ^ (y >> 10));
  }
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    u32 e = s[4], a = s[0];
    u32 t1 = s[7] + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
    u32 t2 = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = e, s[4] = s[3] + t1, s[3] = s[2], s[2] = s[1], s[1] = a, s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

u32 unit(void) {
  u32 seed = 5;
  for (int i = 0; i < 64; i++) k[i] = next(&seed);
  for (int i = 0; i < 8; i++) h[i] = next(&seed);
  for (int i = 0; i < WORDS; i++) text[i] = next(&seed);
  for (int round = 0; round < 12; round++)
    for (int i = 0; i < WORDS; i += 16) compress(text + i);
  return h[0] ^ h[7];
}
