/* Quicksort, recursive, with a comparison through a pointer, as the C library's. */
#include "guest.h"
#define COUNT 30000
static u32 values[COUNT];

static int __attribute__((noinline)) ascending(const void *a, const void *b) {
  u32 x = *(const u32 *)a, y = *(const u32 *)b;
  return x < y ? -1 : x > y;
}

static void sort(u32 *base, int count, int (*compare)(const void *, const void *)) {
  while (count > 1) {
    u32 pivot = base[count / 2];
    int i = 0, j = count - 1;
    while (i <= j) {
      while (compare(&base[i], &pivot) < 0) i++;
      while (compare(&base[j], &pivot) > 0) j--;
      if (i <= j) {
        u32 t = base[i];
        base[i++] = base[j];
        base[j--] = t;
      }
    }
    sort(base, j + 1, compare);
    base += i;
    count -= i;
  }
}

u32 unit(void) {
  u32 seed = 7, sum = 0;
  int (*volatile compare)(const void *, const void *) = ascending;
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < COUNT; i++) values[i] = next(&seed);
    sort(values, COUNT, compare);
    for (int i = 0; i < COUNT; i++) sum = sum * 31 + values[i];
  }
  return sum;
}
