/* Chases pointers through 4 MiB in random order: one node a cache line. */
#include "guest.h"
#define NODES 65536
struct node {
  struct node *next;
  u32 value, rest[15 - sizeof(void *) / 4]; /* 64 bytes */
};
static struct node nodes[NODES] __attribute__((aligned(64)));
static u32 order[NODES];

static void link(void) {
  u32 seed = 9;
  for (u32 i = 0; i < NODES; i++) order[i] = i;
  for (u32 i = NODES - 1; i > 0; i--) {
    u32 j = (next(&seed) >> 8) % (i + 1), t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (u32 i = 0; i < NODES; i++) nodes[order[i]].next = &nodes[order[(i + 1) % NODES]], nodes[order[i]].value = i;
}

u32 unit(void) {
  static int ready;
  if (!ready) link(), ready = 1;
  u32 sum = 0;
  struct node *at = nodes;
  for (int i = 0; i < 1000000; i++) sum = sum * 3 + at->value, at = at->next;
  return sum;
}
