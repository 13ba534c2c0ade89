#pragma once

enum state { SLEEPING, READY, RUNNING };

struct task {
  int id;
  char name[8];
  enum state state;
  unsigned user : 1;
  unsigned priority : 4;
  struct task *next;
};

/* What boot.S has pushed when a handler is called. */
struct trap {
  unsigned edi, esi, ebp, esp, ebx, edx, ecx, eax;
  unsigned vector, error;
  unsigned eip, cs, eflags;
  unsigned user_esp, user_ss; /* only when it came from ring 3 */
};
