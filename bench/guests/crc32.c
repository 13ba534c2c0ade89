/* CRC-32, one table lookup a byte: a chain of loads. */
#include "guest.h"
#define SIZE 65536
static u32 table[256];
static u8 text[SIZE];

u32 unit(void) {
  for (u32 n = 0; n < 256; n++) {
    u32 c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  u32 seed = 1;
  for (u32 i = 0; i < SIZE; i++) text[i] = (u8)(next(&seed) >> 24);
  u32 crc = ~0u;
  for (int round = 0; round < 96; round++)
    for (u32 i = 0; i < SIZE; i++) crc = table[(crc ^ text[i]) & 255] ^ (crc >> 8);
  return ~crc;
}
