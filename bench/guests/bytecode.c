/* An interpreter for a stack machine: a switch, so one indirect jump an instruction. */
#include "guest.h"
enum { PUSH, ADD, MUL, XOR, DUP, SWAP, DEC, JNZ, LOAD, STORE, HALT };

static const u8 program[] = {
  PUSH, 200, STORE, 0, PUSH, 1, STORE, 1,
  /* 8 */ PUSH, 250, STORE, 2,
  /* 12 */ LOAD, 1, PUSH, 33, MUL, LOAD, 2, ADD, DUP, PUSH, 7, XOR, SWAP, ADD, STORE, 1,
  LOAD, 2, DEC, DUP, STORE, 2, JNZ, 12,
  LOAD, 0, DEC, DUP, STORE, 0, JNZ, 8,
  HALT,
};

u32 unit(void) {
  u32 sum = 0;
  for (int round = 0; round < 3; round++) {
    u32 stack[16], variable[4] = {0, 0, 0, 0}, *top = stack;
    const u8 *at = program;
    for (;;) {
      u32 t;
      switch (*at++) {
        case PUSH: *++top = *at++; continue;
        case ADD: t = *top--; *top += t; continue;
        case MUL: t = *top--; *top *= t; continue;
        case XOR: t = *top--; *top ^= t; continue;
        case DUP: t = *top; *++top = t; continue;
        case SWAP: t = *top; *top = top[-1]; top[-1] = t; continue;
        case DEC: --*top; continue;
        case JNZ: t = *at++; if (*top--) at = program + t; continue;
        case LOAD: *++top = variable[*at++ & 3]; continue;
        case STORE: variable[*at++ & 3] = *top--; continue;
        case HALT: break;
      }
      break;
    }
    sum = sum * 3 + variable[1];
  }
  return sum;
}
