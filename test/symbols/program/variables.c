/* Objects of every sort that C has, for the debugger to find. Stops at each call of here(). */
typedef unsigned char byte;
typedef struct node {
  int value;
  struct node *next;
  byte tag[3];
} node;

enum color { RED, GREEN = 5, BLUE = -2 };
enum flags { READ = 1, WRITE = 2, EXEC = 4 };

union number {
  int whole;
  float real;
  byte bytes[4];
};

struct everything {
  char letter;
  short small;
  long long big;
  double real;
  float single;
  _Bool yes;
  enum color color;
  enum flags flags;
  unsigned low : 3;
  int middle : 7;
  unsigned high : 12;
  struct {
    int x, y;
  } point;
  union {
    int anonymous;
    byte first;
  };
  node *list;
  int grid[2][3];
  int (*operation)(int, int);
  const char *text;
  void *nothing;
};

volatile int reached;
node nodes[3];
struct everything all;
static volatile unsigned hidden = 7;
int large[5000];
byte *const fixed = nodes[0].tag;

__attribute__((noinline)) void here(int place) { reached = place; }

__attribute__((noinline)) int add(int a, int b) {
  int sum = a + b;
  here(sum);
  return sum;
}

static inline __attribute__((always_inline)) int twice(int factor) {
  int doubled = factor * 2;
  here(doubled);
  return doubled;
}

__attribute__((noinline)) int count(int n) {
  static int calls;
  calls++;
  if (n == 0) {
    here(100);
    return calls;
  }
  return count(n - 1) + n;
}

__attribute__((noinline)) int scopes(int outer) {
  int same = outer + 1;
  {
    int same = 40;
    int inner = same + outer;
    here(inner);
    outer += inner;
  }
  here(same);
  return outer + same;
}

__attribute__((noinline)) long long wide(long long big, double real, char letter) {
  long long more = big * 3;
  double half = real / 2;
  here(letter);
  return more + (long long)half;
}

void fill(void) {
  for (int i = 0; i < 3; i++) {
    nodes[i].value = 10 * i;
    nodes[i].next = i < 2 ? &nodes[i + 1] : 0;
    nodes[i].tag[0] = 'a' + i;
  }
  all.letter = 'x';
  all.small = -2;
  all.big = 0x123456789abcdefLL;
  all.real = 2.5;
  all.single = -0.25f;
  all.yes = 1;
  all.color = BLUE;
  all.flags = READ | EXEC;
  all.low = 5;
  all.middle = -3;
  all.high = 0xabc;
  all.point.x = 3;
  all.point.y = 4;
  all.anonymous = 0x41;
  all.list = nodes;
  all.grid[1][2] = 12;
  all.operation = add;
  all.text = "hello\n";
  all.nothing = &all;
  large[4999] = 1;
}

void start_c(void) {
  fill();
  here(1);
  int total = add(2, 3) + (int)hidden;
  total += twice(total);
  total += count(3);
  total += scopes(total);
  total += (int)wide(1LL << 40, 5.0, 'q');
  here(total);
  __asm__ volatile("outb %%al, $0xf4" : : "a"(0));
  for (;;)
    ;
}
