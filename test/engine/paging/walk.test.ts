/** The page walk against tables of its own, by SDM Vol. 3, 4.3 to 4.8; and what enters the software TLB. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagingUnit } from '../../../src/engine/paging/pagingUnit';
import { GuestMemory } from '../../../src/memory/guestMemory';
import { DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, MAXIMUM_PAGES, PAGE, RAM, ROM_BYTES } from '../../../src/memory/layout';
import { LinearMemory } from '../../../src/memory/linearMemory';
import { CPU, CpuState } from '../../../src/x86/cpuState';
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PSE } from '../../../src/x86/flags';

const MIB = 1 << 20;
const DIRECTORY = 0x10000;
const TABLE = 0x11000;
const POINTERS = 0x12000;
const LINEAR = 0x40403123;
const [P, RW, US, A, D, PS] = [1, 2, 4, 0x20, 0x40, 0x80];

type Format = '4 KiB' | '4 MiB' | 'PAE 4 KiB' | 'PAE 2 MiB';
const FORMATS: readonly Format[] = ['4 KiB', '4 MiB', 'PAE 4 KiB', 'PAE 2 MiB'];
const isPae = (format: Format): boolean => format.startsWith('PAE');
const isLarge = (format: Format): boolean => format.endsWith('MiB');
/** A frame that each format may have, and where LINEAR leads in it. */
const FRAME: Readonly<Record<Format, number>> = { '4 KiB': 0x155000, '4 MiB': 0x400000, 'PAE 4 KiB': 0x155000, 'PAE 2 MiB': 0x200000 };
const PLACE: Readonly<Record<Format, number>> = { '4 KiB': 0x155123, '4 MiB': 0x403123, 'PAE 4 KiB': 0x155123, 'PAE 2 MiB': 0x203123 };

/** Table 4-8 and 4.6.1: what a page whose rights are these lets through: supervisor's loads and stores, user's loads and stores. */
const RIGHTS: readonly (readonly [bits: number, withoutWp: string, withWp: string])[] = [
  [0, 'rw--', 'r---'],
  [RW, 'rw--', 'rw--'],
  [US, 'rwr-', 'r-r-'],
  [US | RW, 'rwrw', 'rwrw'],
];
const ACCESSES = [
  { user: false, write: false },
  { user: false, write: true },
  { user: true, write: false },
  { user: true, write: true },
] as const;

class Bench {
  readonly memory = new WebAssembly.Memory({ initial: (RAM + 8 * MIB + ROM_BYTES) / 65536, maximum: MAXIMUM_PAGES });
  readonly cpu = new CpuState(this.memory);
  readonly asked: number[] = [];
  readonly physical = new GuestMemory(this.memory, 8 * MIB, { read: (address) => this.#bus(address), write: (address) => void this.asked.push(-address) });
  readonly linear: LinearMemory;
  readonly #devices = new Map<number, number>();

  constructor(pse36 = true) {
    this.linear = new LinearMemory(this.cpu, this.physical, { physicalBits: 36, pse36 }, new PagingUnit(this.physical));
  }

  #bus(address: number): number {
    this.asked.push(address);
    return this.#devices.get(address) ?? 0xffffffff;
  }

  device(address: number, value: number): void {
    this.#devices.set(address, value);
  }

  mode(format: Format, cr0 = CR0_WP): void {
    this.cpu.set(CPU.CR0, CR0_PE | CR0_PG | cr0);
    this.cpu.set(CPU.CR4, isPae(format) ? CR4_PAE : CR4_PSE);
    this.cpu.set(CPU.CR3, isPae(format) ? POINTERS : DIRECTORY);
    // The pointer for the second GiB.
    this.cpu.set(CPU.PDPTE + 8, DIRECTORY | P);
    this.linear.loadPagingMode();
  }

  /** Entries for LINEAR: flags of the directory's, and of the table's. */
  map(format: Format, pde: number, pte: number): void {
    const large = isLarge(format);
    this.physical.write(this.pde(format), 4, large ? FRAME[format] | pte | PS : TABLE | pde);
    if (!large) this.physical.write(this.leaf(format), 4, FRAME[format] | pte);
  }

  pde(format: Format): number {
    return DIRECTORY + (isPae(format) ? 8 * ((LINEAR >>> 21) & 0x1ff) : 4 * (LINEAR >>> 22));
  }
  leaf(format: Format): number {
    return isLarge(format) ? this.pde(format) : TABLE + (isPae(format) ? 8 : 4) * 3;
  }
  flags(at: number): number {
    return this.physical.read(at, 4) & (A | D);
  }

  fault(access: { readonly user: boolean; readonly write: boolean }): number | undefined {
    const found = this.linear.translate(LINEAR, access);
    return found.kind === 'fault' ? found.errorCode : undefined;
  }
}

const causeOf = ({ user, write }: { readonly user: boolean; readonly write: boolean }): number => (write ? 2 : 0) | (user ? 4 : 0);

for (const format of FORMATS)
  test(`${format}: every right of both entries, every access, CR0.WP set and clear; accessed and dirty flags`, () => {
    const bench = new Bench();
    for (const [pdeRights] of RIGHTS)
      for (const [pteRights] of RIGHTS)
        for (const wp of [0, CR0_WP]) {
          const rights = isLarge(format) ? pteRights : pdeRights & pteRights;
          const [, without, withWp] = RIGHTS.find(([bits]) => bits === rights) as (typeof RIGHTS)[number];
          ACCESSES.forEach((access, n) => {
            bench.map(format, P | pdeRights, P | pteRights);
            bench.mode(format, wp);
            const allowed = (wp ? withWp : without)[n] !== '-';
            const name = `${pdeRights} ${pteRights} ${wp} ${JSON.stringify(access)}`;
            const looked = bench.linear.translate(LINEAR, access, false);
            assert.equal(looked.kind, allowed ? 'page' : 'fault', name);
            assert.equal(bench.flags(bench.pde(format)) | bench.flags(bench.leaf(format)), 0, `${name}: looking changes nothing`);
            assert.equal(bench.fault(access), allowed ? undefined : causeOf(access) | 1, name);
            assert.equal(bench.flags(bench.leaf(format)), allowed ? A | (access.write ? D : 0) : 0, name);
            if (!isLarge(format)) assert.equal(bench.flags(bench.pde(format)), allowed ? A : 0, `${name}: there is no D in a directory`);
            if (looked.kind === 'page') assert.equal(looked.physical, PLACE[format]);
          });
        }
  });

test('what an entry that is filled lets through without another walk', () => {
  const bench = new Bench();
  for (const format of FORMATS)
    for (const [rights, without, withWp] of RIGHTS)
      for (const wp of [0, CR0_WP])
        for (const dirty of [0, D])
          for (const user of [false, true]) {
            bench.map(format, P | RW | US, P | rights | dirty);
            bench.mode(format, wp);
            if ((wp ? withWp : without)[user ? 2 : 0] === '-') continue;
            bench.linear.read(LINEAR, 1, false, user);
            for (const [n, access] of ACCESSES.entries()) {
              bench.linear.setUser(access.user);
              // The page may be another's later, so what WP = 0 lends a supervisor stays with pages of supervisors.
              const lent = access.write && !access.user && !(rights & RW) && rights & US;
              const through = (wp ? withWp : without)[n] !== '-' && !lent && (!access.write || dirty !== 0);
              assert.equal(bench.linear.hostOffset(LINEAR, 1, access.write) >= 0, through, `${format} ${rights} ${wp} ${dirty} ${n}`);
            }
          }
});

test('absent entries: the error code has no P bit, at each level', () => {
  for (const format of FORMATS)
    for (const access of ACCESSES) {
      const bench = new Bench();
      bench.mode(format);
      assert.equal(bench.fault(access), causeOf(access), `${format}: directory`);
      if (isLarge(format)) continue;
      bench.map(format, P | RW | US, RW | US | A | D);
      assert.equal(bench.fault(access), causeOf(access), `${format}: table`);
      assert.equal(bench.flags(bench.pde(format)), 0);
    }
  const bench = new Bench();
  bench.map('PAE 4 KiB', P | RW | US, P | RW | US);
  bench.mode('PAE 4 KiB');
  bench.cpu.set(CPU.PDPTE + 8, DIRECTORY);
  bench.linear.loadPagingMode();
  assert.equal(bench.fault({ user: true, write: true }), 6, 'page-directory pointer');
  assert.deepEqual(bench.linear.path(LINEAR), []);
});

/** Bits that are set beside a page that may be written, and the error code of a user's load then: 4.7, tables 4-4 and 4-9. */
const RESERVED: readonly (readonly [format: Format, low: number, high: number, code: number | undefined])[] = [
  ['4 KiB', 0, 0, undefined],
  ['4 MiB', 1 << 21, 0, 13],
  ['4 MiB', 1 << 12, 0, undefined],
  ['PAE 4 KiB', 0, 1 << 4, 13],
  ['PAE 4 KiB', 0, 1 << 31, 13],
  ['PAE 2 MiB', 1 << 13, 0, 13],
  ['PAE 2 MiB', 1 << 20, 0, 13],
  ['PAE 2 MiB', 1 << 12, 0, undefined],
  ['PAE 2 MiB', 0, 1 << 30, 13],
];
test('reserved bits fault before rights do, and change nothing', () => {
  for (const [format, low, high, code] of RESERVED) {
    const bench = new Bench();
    bench.map(format, P | US, P | US);
    bench.mode(format);
    bench.physical.write(bench.leaf(format), 4, bench.physical.read(bench.leaf(format), 4) | low);
    if (isPae(format)) bench.physical.write(bench.leaf(format) + 4, 4, high);
    assert.equal(bench.fault({ user: true, write: false }), code, `${format} ${low} ${high}`);
    if (code !== undefined) assert.equal(bench.fault({ user: true, write: true }), code | 2);
    if (code !== undefined) assert.equal(bench.flags(bench.leaf(format)), 0);
  }
});

test('PS without CR4.PSE is ignored', () => {
  const bench = new Bench();
  bench.map('4 KiB', P | PS, P);
  bench.mode('4 KiB');
  const large = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(large.kind === 'page' && large.physical, 0x8_0000_3123);
  bench.cpu.set(CPU.CR4, 0);
  bench.linear.loadPagingMode();
  const found = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(found.kind === 'page' && found.physical, PLACE['4 KiB']);
});

test('addresses beyond 4 GiB: PAE entries, and 4-MiB pages with PSE-36', () => {
  const bench = new Bench();
  bench.map('PAE 4 KiB', P, P);
  bench.mode('PAE 4 KiB');
  bench.physical.write(bench.leaf('PAE 4 KiB') + 4, 4, 0xa);
  const pae = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(pae.kind === 'page' && pae.physical, 0xa_0015_5123);
  bench.map('4 MiB', P, P);
  bench.mode('4 MiB');
  bench.physical.write(bench.pde('4 MiB'), 4, bench.physical.read(bench.pde('4 MiB'), 4) | (5 << 13));
  const large = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(large.kind === 'page' && large.physical, 0x5_0040_3123);
  const without = new Bench(false);
  without.map('4 MiB', P, P);
  without.mode('4 MiB');
  without.physical.write(without.pde('4 MiB'), 4, without.physical.read(without.pde('4 MiB'), 4) | (5 << 13));
  assert.equal(without.fault(ACCESSES[0]), 9, 'reserved without PSE-36');
});

test('with the A20 gate closed bit 20 of what is found is clear, with and without paging', () => {
  const bench = new Bench();
  bench.physical.a20Mask = 0xffefffff;
  bench.map('4 KiB', P, P);
  bench.mode('4 KiB');
  const paged = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(paged.kind === 'page' && paged.physical, PLACE['4 KiB'] & ~MIB);
  bench.cpu.set(CPU.CR0, CR0_PE);
  bench.linear.loadPagingMode();
  const unpaged = bench.linear.translate(0xffff_fff0, ACCESSES[0]);
  assert.equal(unpaged.kind === 'page' && unpaged.physical, 0xffef_fff0);
});

test('tables elsewhere than in plain RAM: the bus is asked, ROM keeps its flags, and who watches a table hears of its flags', () => {
  const bench = new Bench();
  bench.mode('4 KiB');
  bench.physical.setKind(TABLE, TABLE + PAGE, 'device');
  bench.physical.write(bench.pde('4 KiB'), 4, TABLE | P | A);
  bench.device(bench.leaf('4 KiB'), FRAME['4 KiB'] | P);
  const found = bench.linear.translate(LINEAR, ACCESSES[0]);
  assert.equal(found.kind === 'page' && found.physical, PLACE['4 KiB']);
  assert.deepEqual(bench.asked, [bench.leaf('4 KiB'), -bench.leaf('4 KiB')]);

  bench.physical.setKind(TABLE, TABLE + PAGE, 'ram');
  bench.map('4 KiB', P, P);
  bench.physical.setKind(TABLE, TABLE + PAGE, 'rom');
  assert.equal(bench.linear.translate(LINEAR, ACCESSES[0]).kind, 'page');
  assert.equal(bench.flags(bench.leaf('4 KiB')), 0);

  bench.physical.setKind(TABLE, TABLE + PAGE, 'ram');
  bench.physical.markCode(TABLE, true);
  const heard: number[] = [];
  bench.physical.onCodeWrite = (address) => void heard.push(address);
  assert.equal(bench.linear.translate(LINEAR, ACCESSES[0]).kind, 'page');
  assert.equal(bench.linear.translate(LINEAR, ACCESSES[0]).kind, 'page');
  assert.deepEqual(heard, [bench.leaf('4 KiB')]);
  assert.equal(bench.flags(bench.leaf('4 KiB')), A);

  bench.map('4 KiB', P, P);
  bench.physical.journal = [];
  assert.equal(bench.linear.translate(LINEAR, ACCESSES[0]).kind, 'page');
  assert.deepEqual(
    bench.physical.journal.map(({ address }) => address),
    [bench.pde('4 KiB'), bench.leaf('4 KiB')],
  );
});

test('without paging all RAM gets its entries at once: not devices, stores to code are seen, and a page fault finds none of them', () => {
  const bench = new Bench();
  const { linear, physical, cpu } = bench;
  physical.setKind(0xa0000, 0x100000, 'device');
  physical.markCode(6 * MIB, true);
  cpu.set(CPU.CR0, CR0_PE);
  linear.loadPagingMode();
  linear.openWindows();
  const mayAccess = (at: number, write: boolean): boolean => linear.hostOffset(at, 1, write) === RAM + at;
  const [read, write] = [DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE].map((deny) => linear.windows.find(deny));
  assert.deepEqual([read?.low, write?.low], [MIB, MIB]);
  assert.ok(read && linear.isWide(read) && write && linear.isWide(write));
  assert.deepEqual(
    [0, 0x9f000, 0xa0000, 0xff000, MIB, 6 * MIB, 8 * MIB - 1, 8 * MIB].map((at) => [mayAccess(at, false), mayAccess(at, true)]),
    [true, true, false, false, true, true, true, false].map((is, n) => [is, is && n !== 5]),
  );
  physical.markCode(3 * MIB, true);
  linear.protectPage(3 * MIB);
  assert.deepEqual([mayAccess(3 * MIB, false), mayAccess(3 * MIB, true), write && linear.isWide(write)], [true, false, false]);
  linear.windows.checkInvariants();
  bench.mode('4 KiB');
  for (let at = 0; at < 8 * MIB; at += PAGE) assert.equal(linear.hostOffset(at, 1, false), -1);
  linear.windows.checkInvariants();
  linear.openWindows();
  assert.equal(linear.hostOffset(MIB, 1, false), -1, 'with paging none comes back by itself');
});

test('entries of all RAM go with the A20 gate, and come back without it', () => {
  const bench = new Bench();
  const { linear, physical } = bench;
  linear.openWindows();
  physical.a20Mask = 0xffefffff;
  linear.remapped();
  linear.openWindows();
  assert.equal(linear.hostOffset(MIB, 1, false), -1);
  physical.a20Mask = 0xffffffff;
  linear.remapped();
  linear.openWindows();
  assert.equal(linear.hostOffset(MIB, 1, false), RAM + MIB);
});
