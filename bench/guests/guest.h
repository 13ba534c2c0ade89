/* What C guests share. They are built as flat binaries for kernel.asm (blob.ld), and with native.c for the host. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* The measured piece of work: the same every time; gives its checksum. */
u32 unit(void) __attribute__((section(".text.unit")));

#ifdef NATIVE
#include <string.h>
#else
/* gcc may call these. */
void *memcpy(void *to, const void *from, u32 n) {
  u8 *t = to;
  const u8 *f = from;
  while (n--) *t++ = *f++;
  return to;
}
void *memset(void *to, int value, u32 n) {
  u8 *t = to;
  while (n--) *t++ = (u8)value;
  return to;
}

#endif

static inline u32 next(u32 *seed) { return *seed = *seed * 1664525u + 1013904223u; }
