/* The kernel's part of a C guest, as a process. */
#include <unistd.h>

unsigned unit(void);

int main(void) {
  if (write(1, "s\n", 2) != 2) return 1;
  for (;;) {
    char line[9];
    unsigned value = unit();
    for (int i = 0; i < 8; i++) line[i] = "0123456789ABCDEF"[(value >> (28 - 4 * i)) & 15];
    line[8] = '\n';
    if (write(1, line, 9) != 9) return 0;
  }
}
