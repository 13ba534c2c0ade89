/* Makes a list of tasks, runs them in ring 0, then one in ring 3, which does what it may not. */
#include "kernel.h"

#define PORT_DEBUG 0xe9
#define PORT_EXIT 0xf4
#define NTASK 4

struct task tasks[NTASK];
static struct task *ready;
int switches;

static inline void outb(unsigned short port, unsigned char value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void print(const char *text) {
  while (*text)
    outb(PORT_DEBUG, *text++);
}

static void put(struct task *task) {
  struct task **at = &ready;
  while (*at && (*at)->priority >= task->priority)
    at = &(*at)->next;
  task->next = *at;
  *at = task;
  task->state = READY;
}

static struct task *make(int id, const char *name, unsigned priority) {
  struct task *task = &tasks[id];
  task->id = id;
  for (unsigned i = 0; i < sizeof task->name - 1 && name[i]; i++)
    task->name[i] = name[i];
  task->priority = priority;
  put(task);
  return task;
}

int factorial(int n) {
  if (n <= 1)
    return 1;
  return n * factorial(n - 1);
}

static void run(struct task *task) {
  task->state = RUNNING;
  switches++;
  int work = factorial(task->id + 3);
  print(task->name);
  print(work > 100 ? " worked hard\n" : " worked\n");
  task->state = SLEEPING;
}

void trap(struct trap *frame) {
  print((frame->cs & 3) == 3 ? "a fault in ring 3\n" : "a fault in ring 0\n");
  outb(PORT_EXIT, 0);
}

void enter_user(void (*code)(void));

void user_task(void) {
  int secret = 42;
  print("in ring 3\n");
  __asm__ volatile("cli" : : "r"(secret)); /* #GP: IOPL is 0 */
}

void kmain(void) {
  make(0, "init", 3);
  make(1, "shell", 9);
  make(2, "idle", 0)->user = 1;
  while (ready) {
    struct task *task = ready;
    ready = task->next;
    run(task);
  }
  enter_user(user_task);
}
