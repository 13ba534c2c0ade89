/** The state that a random program begins in, made of its seed; the same on every bench. */
import { MXCSR_PE, MXCSR_RC, MXCSR_RESET } from '../../../src/semantics/vector/mxcsr';
import { CONTROL_INIT, TOP_SHIFT } from '../../../src/semantics/x87/status';
import { CPU, type CpuState } from '../../../src/x86/cpuState';
import { CR4_OSFXSR, CR4_OSXMMEXCPT, EFLAGS_DF, EFLAGS_IF } from '../../../src/x86/flags';
import type { TestCpu } from '../../harness/testCpu';
import { generator } from '../../x86/randomInstructions';
import { CODE, DATA, DATA_BYTES, FILLING, STACK_TOP } from './randomProgram';

export const MODES = ['real', 'flat', 'user', 'paged'] as const;
export type Mode = (typeof MODES)[number];

/** All that a program with 16-bit addresses and the page tables can reach. */
export const RAM = 0x20000;
const TABLES = 0x18000;

type Random = (below: number) => number;

export function prepare(bench: TestCpu, mode: Mode, code: Uint8Array, seed: number): void {
  const random = generator(seed * 3);
  bench.vm.engine.cache.clear('another program');
  bench.vm.engine.retired = 0; // which the time-stamp counter shows
  bench.ram.fill(FILLING);
  if (mode === 'real') bench.realMode({ ip: CODE, sp: STACK_TOP - 64 });
  else bench.flat32({ eip: CODE, esp: STACK_TOP - 64, cpl: mode === 'flat' ? 0 : 3 });
  if (mode === 'paged') bench.page(TABLES, pagesOf(random));
  bench.write(CODE, code);
  const data = new DataView(bench.ram.buffer, bench.ram.byteOffset + DATA, DATA_BYTES);
  for (let at = 0; at < DATA_BYTES; at += 4) data.setUint32(at, random(2 ** 32), true);
  // Whoever returns without having been called starts over.
  for (let at = STACK_TOP - 64; at < STACK_TOP; at += 4) bench.write(at, [CODE & 0xff, CODE >> 8, 0, 0]);
  for (const n of [0, 1, 2, 3, 5, 6, 7]) bench.cpu.setReg(n, random(3) ? DATA + random(DATA_BYTES) : random(2 ** 32));
  prepareFloats(bench.cpu, random);
  bench.cpu.eflags = 2 | (random(2) ? EFLAGS_IF : 0) | (random(8) ? 0 : EFLAGS_DF) | (random(2) ? 0x8d5 : 0);
}

/** Registers of both units full of numbers of all kinds, exceptions mostly masked, sometimes no SSE. */
function prepareFloats(cpu: CpuState, random: Random): void {
  cpu.set(CPU.CR4, random(16) ? CR4_OSFXSR | CR4_OSXMMEXCPT : 0);
  for (let at = CPU.X87; at < CPU.XMM + 128; at++) cpu.u8[at] = at < CPU.XMM && at % 16 > 9 ? 0 : random(256);
  for (let n = 0; n < 8; n++) {
    cpu.u8.set(new Uint8Array(Float64Array.of(random(1000) / 8, 1 / (1 + random(99))).buffer), CPU.XMM + 16 * n);
    if (random(4) === 0) cpu.u8.fill(random(2) ? 0xff : 0, CPU.XMM + 16 * n, CPU.XMM + 16 * n + 8);
    // A number near 1, usually normal.
    if (random(6)) cpu.set(CPU.X87 + 16 * n + 4, cpu.get(CPU.X87 + 16 * n + 4) | 0x80000000);
    cpu.set(CPU.X87 + 16 * n + 8, random(2) * 0x8000 + 0x3fff + random(80) - 40);
  }
  cpu.set(CPU.MXCSR, MXCSR_RESET | (random(3) ? MXCSR_PE : 0) | (random(8) ? 0 : random(4) << MXCSR_RC));
  cpu.set(CPU.X87_CONTROL, (random(6) ? CONTROL_INIT : 0x40 + random(64)) | (random(4) ? 0 : random(16) << 8));
  cpu.set(CPU.X87_STATUS, random(8) << TOP_SHIFT);
  cpu.set(CPU.X87_TAGS, random(2) ? 0x0000 : 0xff00 >> (random(3) * 4));
}

/** Everything mapped to itself, but for a page of data or two that may not be stored to, belong to the kernel, or are not there. */
function pagesOf(random: Random) {
  const pages = Array.from({ length: 16 }, (_, n) => ({ linear: n << 12, physical: n << 12, writable: true, user: true }));
  const page = (DATA >> 12) + random(DATA_BYTES >> 12);
  const kind = random(4);
  if (kind === 0) pages[page] = { ...pages[page], writable: false };
  if (kind === 1) pages[page] = { ...pages[page], user: false };
  return kind === 2 ? pages.filter((_, n) => n !== page) : pages;
}
