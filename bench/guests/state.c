/* A state machine that scans text: words, numbers, strings; branches that depend on data. */
#include "guest.h"
#define SIZE 65536
static u8 text[SIZE];

u32 unit(void) {
  static const char alphabet[] = "abcdeXYZ 0123456789 \"\"  ..,;\n";
  u32 seed = 11, words = 0, numbers = 0, strings = 0, lines = 0;
  for (int i = 0; i < SIZE; i++) text[i] = (u8)alphabet[(next(&seed) >> 16) % (sizeof alphabet - 1)];
  for (int round = 0; round < 40; round++) {
    int state = 0;
    for (int i = 0; i < SIZE; i++) {
      u8 c = text[i];
      int letter = (u8)((c | 32) - 'a') < 26, digit = (u8)(c - '0') < 10;
      switch (state) {
        case 0:
          if (letter) state = 1, words++;
          else if (digit) state = 2, numbers++;
          else if (c == '"') state = 3;
          break;
        case 1: if (!letter && !digit) state = c == '"' ? 3 : 0; break;
        case 2: if (letter) state = 1, words++; else if (!digit) state = 0; break;
        case 3: if (c == '"') state = 0, strings++; else if (c == '\n') state = 0; break;
      }
      lines += c == '\n';
    }
  }
  return words * 3 + numbers * 5 + strings * 7 + lines;
}
