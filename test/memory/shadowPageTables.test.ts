/** Shadow page tables by themselves: what fills them, what the guest's stores take away, two views, a pool that is too small. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagingUnit } from '../../src/engine/paging/pagingUnit';
import { GuestMemory } from '../../src/memory/guestMemory';
import { MAXIMUM_PAGES, RAM } from '../../src/memory/layout';
import { LinearMemory } from '../../src/memory/linearMemory';
import { PTE_P, PTE_RW, PTE_US } from '../../src/memory/pageWalker';
import { SHADOW_TRACED } from '../../src/memory/shadowPageTables';
import { CPU, CpuState } from '../../src/x86/cpuState';
import { CR0_PE, CR0_PG, CR0_WP, CR4_PSE } from '../../src/x86/flags';

const MIB = 1 << 20;
const DIRECTORY = 0x10000;
const TABLE = 0x11000;
const VMM_BASE = 0xffc00000;
const ALL = PTE_P | PTE_RW | PTE_US;

class Bench {
  readonly cpu: CpuState;
  readonly memory: GuestMemory;
  readonly linear: LinearMemory;
  log: string[] = [];

  constructor({ slots = 16, writeProtect = true, compressed = false } = {}) {
    const memory = new WebAssembly.Memory({ initial: (RAM + 4 * MIB) / 65536, maximum: MAXIMUM_PAGES });
    this.cpu = new CpuState(memory);
    this.memory = new GuestMemory(memory, 4 * MIB, { read: () => 0xffffffff, write: () => {} });
    this.linear = new LinearMemory(this.cpu, this.memory, { physicalBits: 36, pse36: true }, new PagingUnit(this.memory));
    const shadow = this.linear.useShadow(
      {
        hiddenFault: ({ linear, access, view, device }) => this.log.push(`${view} ${device ? 'device' : 'fault'} ${linear.toString(16)}${access.write ? 'w' : ''}`) > 0,
        tracing: () => true,
        filled: () => {},
        tracedWrite: (physical) => this.log.push(`traced ${physical.toString(16)}`),
      },
      VMM_BASE,
      slots,
    );
    shadow.compressed = compressed;
    this.entry(DIRECTORY, TABLE | ALL);
    this.cpu.set(CPU.CR4, CR4_PSE);
    this.cpu.set(CPU.CR0, CR0_PE | CR0_PG | (writeProtect ? CR0_WP : 0));
    this.load(DIRECTORY);
  }

  entry(at: number, value: number): void {
    this.memory.write(at, 4, value);
  }

  map(page: number, value: number): void {
    this.entry(TABLE + 4 * page, value);
  }

  load(cr3: number): void {
    this.cpu.set(CPU.CR3, cr3);
    this.linear.loadPagingMode();
  }

  /** What the accesses made the VMM do; and nothing it keeps is wrong. */
  take(...accesses: readonly (() => unknown)[]): string[] {
    this.log = [];
    for (const access of accesses) access();
    assert.equal(this.cpu.get(CPU.FAULT), 0);
    this.linear.checkShadow();
    return this.log;
  }

  faults(access: () => unknown): number {
    access();
    const fault = this.cpu.get(CPU.FAULT);
    this.cpu.set(CPU.FAULT, 0);
    assert.notEqual(fault, 0);
    return this.cpu.get(CPU.FAULT_CODE);
  }

  read = (linear: number, user = false) => this.linear.read(linear, 4, false, user);
  write = (linear: number, user = false) => this.linear.write(linear, 4, 1, user);
  shadow = (linear: number, view: string) => this.linear.shadow?.look(linear).find((e) => e.view === view);
}

test('the first access fills; the first store once more, for the D bit', () => {
  const b = new Bench();
  b.map(5, 0x20000 | ALL);
  assert.deepEqual(
    b.take(() => b.read(0x5000)),
    ['kernel fault 5000'],
  ); // prettier-ignore
  assert.equal(b.memory.read(TABLE + 20, 4), 0x20000 | ALL | 0x20);
  assert.deepEqual(
    b.take(() => b.read(0x5004)),
    [],
  ); // prettier-ignore
  assert.deepEqual(
    b.take(
      () => b.write(0x5000),
      () => b.write(0x5004),
    ),
    ['kernel fault 5000w'],
  ); // prettier-ignore
  assert.equal(b.memory.read(TABLE + 20, 4), 0x20000 | ALL | 0x60);
  assert.equal(b.shadow(0x5000, 'kernel')?.entry, (RAM + 0x20000) | ALL);
});

test('what is forgotten at once is forgotten once: large pages go with the root they hang on', () => {
  const b = new Bench();
  b.entry(DIRECTORY + 4, 0x83);
  b.entry(DIRECTORY + 8, 0x87);
  b.entry(DIRECTORY + 12, 0x93);
  for (let n = 0; n < 3; n++) {
    b.take(
      () => b.read(0x400000),
      () => b.read(0x800000),
      () => b.read(0x400000, false),
    );
    b.linear.remapped();
    assert.equal(b.linear.shadow?.pool.used, 0);
  }
  b.take(
    () => b.read(0x400000),
    () => b.read(0x800000),
    () => b.read(0xc00000),
  );
  assert.equal(b.linear.shadow?.pool.used, 5, 'a root, the VMM’s table, and one for each large page, no two in one place');
});

test('kernel and user code have a root each', () => {
  const b = new Bench();
  b.map(5, 0x20000 | ALL);
  b.map(6, 0x21000 | PTE_P | PTE_RW);
  assert.deepEqual(
    b.take(
      () => b.read(0x5000),
      () => b.read(0x5000, true),
      () => b.read(0x6000),
    ),
    ['kernel fault 5000', 'user fault 5000', 'kernel fault 6000'],
  ); // prettier-ignore
  assert.equal(
    b.faults(() => b.read(0x6000, true)),
    5,
  );
  assert.equal((b.shadow(0x6000, 'kernel')?.entry ?? 0) & PTE_US, PTE_US, 'user-accessible for a kernel in user mode');
  assert.equal((b.shadow(0x6000, 'user')?.entry ?? 0) & PTE_P, 0);
});

test('with ring compression one root serves both, and has the guest’s U/S', () => {
  const b = new Bench({ compressed: true });
  b.map(5, 0x20000 | ALL);
  b.map(6, 0x21000 | PTE_P | PTE_RW);
  assert.deepEqual(
    b.take(
      () => b.read(0x5000),
      () => b.read(0x5000, true),
      () => b.read(0x6000),
    ),
    ['shared fault 5000', 'shared fault 6000'],
  ); // prettier-ignore
  assert.equal(
    b.faults(() => b.read(0x6000, true)),
    5,
  );
  assert.equal((b.shadow(0x6000, 'shared')?.entry ?? 0) & PTE_US, 0);
});

test('without CR0.WP the kernel stores to read-only pages, user code does not', () => {
  const b = new Bench({ writeProtect: false });
  b.map(5, 0x20000 | PTE_P | PTE_US);
  assert.deepEqual(
    b.take(() => b.write(0x5000)),
    ['kernel fault 5000w'],
  ); // prettier-ignore
  assert.equal(
    b.faults(() => b.write(0x5000, true)),
    7,
  );
});

test('a store to a table drops what came from it, in every address space that shares it', () => {
  const b = new Bench();
  const second = 0x12000;
  b.entry(second, TABLE | ALL);
  b.map(5, 0x20000 | ALL);
  b.map(6, 0x21000 | ALL);
  b.take(
    () => b.read(0x5000),
    () => b.read(0x6000),
  ); // prettier-ignore
  b.load(second);
  assert.deepEqual(
    b.take(
      () => b.read(0x5000),
      () => b.read(0x6000),
    ),
    ['kernel fault 5000'],
    'the table comes with its entries, once its directory is walked',
  ); // prettier-ignore
  assert.deepEqual(
    b.take(() => b.map(5, 0x30000 | ALL)),
    ['traced 11014'],
  ); // prettier-ignore
  assert.deepEqual(
    b.take(
      () => b.read(0x5000),
      () => b.read(0x6000),
    ),
    ['kernel fault 5000'],
  ); // prettier-ignore
  b.load(DIRECTORY);
  assert.deepEqual(
    b.take(() => b.read(0x5000)),
    [],
  ); // prettier-ignore
  assert.equal(b.shadow(0x5000, 'kernel')?.physical, 0x30000);
  assert.deepEqual(
    b.take(() => b.entry(DIRECTORY, 0)),
    ['traced 10000'],
  ); // prettier-ignore
  assert.equal(
    b.faults(() => b.read(0x5000)),
    0,
  );
});

test('tables that the guest maps are traced, from the moment they are tables', () => {
  const b = new Bench();
  b.map(5, 0x12000 | ALL);
  b.take(() => b.write(0x5000));
  b.entry(DIRECTORY + 4, 0x12000 | ALL);
  b.entry(0x12000, 0x20000 | ALL);
  assert.deepEqual(
    b.take(() => b.read(0x400000)),
    ['kernel fault 400000'],
  ); // prettier-ignore
  assert.equal((b.shadow(0x5000, 'kernel')?.entry ?? 0) & (PTE_RW | SHADOW_TRACED), SHADOW_TRACED);
  assert.deepEqual(
    b.take(() => b.linear.write(0x5000, 4, 0x21000 | ALL)),
    ['traced 12000'],
  ); // prettier-ignore
  assert.deepEqual(
    b.take(() => b.read(0x400000)),
    ['kernel fault 400000'],
  ); // prettier-ignore
  assert.equal(b.shadow(0x400000, 'kernel')?.physical, 0x21000);
});

test('a large page is shadowed by small ones', () => {
  const b = new Bench();
  b.entry(DIRECTORY + 4, 0x80 | ALL);
  assert.deepEqual(
    b.take(
      () => b.read(0x420000),
      () => b.write(0x420000),
    ),
    ['kernel fault 420000', 'kernel fault 420000w'],
  ); // prettier-ignore
  assert.equal(b.shadow(0x420000, 'kernel')?.physical, 0x20000);
  b.entry(DIRECTORY + 4, 0x80 | ALL); // D is clear again
  b.take(() => b.write(0x420000));
  assert.equal(b.memory.read(DIRECTORY + 4, 4), 0x80 | ALL | 0x60);
});

test('devices are never mapped, and nothing comes from tables outside RAM', () => {
  const b = new Bench();
  b.map(5, 0x8000_0000 | ALL);
  assert.deepEqual(
    b.take(
      () => b.read(0x5000),
      () => b.read(0x5000),
    ),
    ['kernel device 5000', 'kernel device 5000'],
  ); // prettier-ignore
  b.entry(DIRECTORY + 4, 0x8000_0000 | ALL); // a table that reads as all ones
  const device = 'kernel device 400000';
  assert.deepEqual(
    b.take(
      () => b.read(0x400000),
      () => b.read(0x400000),
    ),
    [device, device],
  ); // prettier-ignore
});

test('many stores and no use: the page is a table no more', () => {
  const b = new Bench();
  b.map(5, 0x20000 | ALL);
  b.take(() => b.read(0x5000));
  const fill = (from: number): (() => void)[] => Array.from({ length: 40 }, (_, n) => () => b.map(from + n, 0x20000 | ALL));
  assert.equal(b.take(...fill(100)).length, 17);
  assert.ok(!b.linear.shadow?.tracedPages().includes(TABLE));
  assert.deepEqual(
    b.take(() => b.read(0x5000)),
    ['kernel fault 5000'],
  ); // prettier-ignore
});

test('a pool that is too small evicts, and stays right', () => {
  const b = new Bench({ slots: 5 });
  for (let space = 0; space < 8; space++) {
    const directory = 0x40000 + 0x2000 * space;
    b.entry(directory, (directory + 0x1000) | ALL);
    b.entry(directory + 0x1000 + 20, (0x100000 + 0x1000 * space) | ALL);
  }
  for (const space of [0, 1, 2, 3, 4, 5, 6, 7, 0, 3, 7]) {
    b.load(0x40000 + 0x2000 * space);
    b.take(
      () => b.read(0x5000),
      () => b.read(0x5000, true),
    ); // prettier-ignore
    for (const view of ['kernel', 'user']) assert.equal(b.shadow(0x5000, view)?.physical, 0x100000 + 0x1000 * space);
    assert.ok((b.linear.shadow?.pool.used ?? 9) <= 5);
  }
});
