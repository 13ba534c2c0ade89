/* What runs at both addresses of the kernel. */
int calls = 40;

void count(int by, unsigned distance) {
  int *place = (int *)((char *)&calls - distance);
  *place += by;
}

void early(unsigned distance) {
  count(2, distance);
}

void late(void) {
  count(5, 0);
}

void done(void) {
  calls = 0;
}
