/** Two CPUs on the bench run the same program, one interpreted, one translated; they are compared wherever a slice ends. */
import { heatOf } from '../../../src/engine/heat';
import type { EngineExit } from '../../../src/engine/interpreter';
import { MXCSR_PE, MXCSR_RC, MXCSR_RESET } from '../../../src/semantics/vector/mxcsr';
import { CONTROL_INIT, TOP_SHIFT } from '../../../src/semantics/x87/status';
import { CPU, type CpuState } from '../../../src/x86/cpuState';
import { OpcodeMap, decode } from '../../../src/x86/decoder';
import { CR4_OSFXSR, CR4_OSXMMEXCPT, EFLAGS_DF, EFLAGS_IF } from '../../../src/x86/flags';
import { ESP } from '../../../src/x86/registers';
import { TestCpu } from '../../harness/testCpu';
import { generator } from '../../x86/randomInstructions';
import { CODE, DATA, DATA_BYTES, STACK_TOP, randomProgram } from './randomProgram';

export const MODES = ['real', 'flat', 'user', 'paged'] as const;
export type Mode = (typeof MODES)[number];

const MODEL = 'p4';
const RAM = 0x40000;
/** All that a program with 16-bit addresses and the page tables can reach, and more. */
const COMPARED = 0x20000;
const TABLES = 0x18000;
const SLICES = [1, 3, 17, 64, 65, 100, 300, 700];
const INSTRUCTIONS = 4000;

export interface Outcome {
  readonly blocks: number;
  readonly regions: number;
  /** What differs, and where. */
  readonly difference?: string;
}

/** Reused: machines are dear. */
export class Lockstep {
  readonly #interpreted = new TestCpu({ ram: RAM, model: MODEL, translation: 'off' });
  readonly #eager = new TestCpu({ ram: RAM, model: MODEL, translation: 'eager' });
  readonly #warm = new TestCpu({ ram: RAM, model: MODEL, translation: { ...heatOf('eager'), threshold: 8, warm: 2 } });
  readonly #opcodes = new OpcodeMap(MODEL);

  run(seed: number): Outcome {
    const random = generator(seed ^ 0x5eed);
    const mode = MODES[seed % MODES.length];
    const program = randomProgram(seed, mode === 'real' ? 16 : 32, this.#opcodes);
    const translated = random(3) ? this.#warm : this.#eager;
    const before = translated.vm.engine.regions.statistics.compiled;
    const benches = [this.#interpreted, translated];
    for (const bench of benches) prepare(bench, mode, program.code, seed);
    let retired = 0;
    let difference: string | undefined;
    for (let faults = 0; retired < INSTRUCTIONS && faults < 200 && !difference; ) {
      const slice = SLICES[random(SLICES.length)];
      const starts = benches.map((bench) => bench.vm.retired);
      const [a, b] = benches.map((bench) => runSlice(bench, slice));
      if (a.kind === 'fuel') break; // a repeated instruction with a large count, which either is somewhere in
      const counts = benches.map((bench, n) => bench.vm.retired - starts[n]);
      retired += counts[0];
      difference = counts[0] === counts[1] ? (compareExits(a, b) ?? compareState(benches[0], benches[1])) : `retired ${counts.join(' and ')}`;
      if (difference) difference = `${difference} (seed ${seed}, ${mode}, after ${retired} instructions, at ${benches.map((bench) => bench.eip.toString(16)).join(' and ')})`;
      if (a.kind !== 'budget') faults++;
      if (a.kind === 'fault') for (const bench of benches) this.#skip(bench);
    }
    translated.vm.engine.cache.checkInvariants();
    translated.vm.engine.regions.checkInvariants();
    translated.vm.linear.windows.checkInvariants();
    return { blocks: program.blocks, regions: translated.vm.engine.regions.statistics.compiled - before, ...(difference ? { difference } : {}) };
  }

  /** Behind the instruction that faulted; to the start of the program from nowhere. */
  #skip(bench: TestCpu): void {
    const { cpu } = bench;
    const { eip } = cpu;
    const inside = eip >= CODE && eip < CODE + 0x800;
    const decoded = decode(this.#opcodes, inside ? bench.ram : new Uint8Array(16), inside ? eip : 0, inside ? eip + 16 : 16, cpu.codeSize);
    cpu.eip = inside && decoded.kind === 'instruction' ? eip + decoded.instruction.length : CODE;
    cpu.setReg(ESP, STACK_TOP - 64);
    cpu.set(CPU.FAULT, 0);
  }
}

function prepare(bench: TestCpu, mode: Mode, code: Uint8Array, seed: number): void {
  const random = generator(seed * 3);
  bench.vm.engine.cache.clear('another program');
  bench.vm.engine.retired = 0; // which the time-stamp counter shows
  bench.ram.fill(0);
  if (mode === 'real') bench.realMode({ ip: CODE, sp: STACK_TOP - 64 });
  else bench.flat32({ eip: CODE, esp: STACK_TOP - 64, cpl: mode === 'flat' ? 0 : 3 });
  if (mode === 'paged') bench.page(TABLES, pagesOf(random));
  bench.write(CODE, code);
  bench.write(
    DATA,
    Uint8Array.from({ length: DATA_BYTES }, () => random(256)),
  );
  // Whoever returns without having been called starts over.
  for (let at = STACK_TOP - 64; at < STACK_TOP; at += 4) bench.write(at, [CODE & 0xff, CODE >> 8, 0, 0]);
  for (const n of [0, 1, 2, 3, 5, 6, 7]) bench.cpu.setReg(n, random(3) ? DATA + random(DATA_BYTES) : random(2 ** 32));
  prepareFloats(bench.cpu, random);
  bench.cpu.eflags = 2 | (random(2) ? EFLAGS_IF : 0) | (random(8) ? 0 : EFLAGS_DF) | (random(2) ? 0x8d5 : 0);
}

/** Registers of both units full of numbers of all kinds, exceptions mostly masked, sometimes no SSE. */
function prepareFloats(cpu: CpuState, random: (below: number) => number): void {
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
function pagesOf(random: (below: number) => number) {
  const pages = Array.from({ length: 16 }, (_, n) => ({ linear: n << 12, physical: n << 12, writable: true, user: true }));
  const page = (DATA >> 12) + random(DATA_BYTES >> 12);
  const kind = random(4);
  if (kind === 0) pages[page] = { ...pages[page], writable: false };
  if (kind === 1) pages[page] = { ...pages[page], user: false };
  return kind === 2 ? pages.filter((_, n) => n !== page) : pages;
}

function runSlice(bench: TestCpu, budget: number): EngineExit {
  const { vm, cpu } = bench;
  const end = vm.retired + budget;
  for (let repeating = 0; repeating < 3; ) {
    const before = vm.retired;
    if (before >= end) return { kind: 'budget' };
    const exit = vm.engine.run(end - before);
    cpu.set(CPU.INHIBIT, 0);
    if (exit.kind === 'fault' || exit.kind === 'attend') return exit;
    repeating = vm.retired === before ? repeating + 1 : 0;
  }
  return { kind: 'fuel' };
}

const compareExits = (a: EngineExit, b: EngineExit): string | undefined => (describe(a) === describe(b) ? undefined : `exits ${describe(a)} and ${describe(b)}`);

const describe = (exit: EngineExit): string =>
  exit.kind === 'fault' ? `fault ${exit.vector} (${exit.errorCode})` : exit.kind === 'attend' ? `attend ${exit.attention.kind}` : exit.kind;

const NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

function compareState({ cpu: a, ram: left }: TestCpu, { cpu: b, ram: right }: TestCpu): string | undefined {
  for (const [n, name] of NAMES.entries()) if (a.reg(n) !== b.reg(n)) return `${name} is ${a.reg(n).toString(16)} and ${b.reg(n).toString(16)}`;
  if (a.eip !== b.eip) return 'eip differs';
  if (a.eflags !== b.eflags) return `eflags are ${a.eflags.toString(16)} and ${b.eflags.toString(16)}`;
  if (a.get(CPU.CR2) !== b.get(CPU.CR2)) return 'cr2 differs';
  for (let at: number = CPU.X87; at <= CPU.MXCSR; at += 4)
    if (a.get(at) !== b.get(at)) return `x87 and SSE at ${at.toString(16)} is ${a.get(at).toString(16)} and ${b.get(at).toString(16)}`;
  if (Buffer.compare(left.subarray(0, COMPARED), right.subarray(0, COMPARED)) === 0) return undefined;
  const at = left.findIndex((byte, n) => byte !== right[n]);
  return `memory at ${at.toString(16)} is ${left[at].toString(16)} and ${right[at].toString(16)}`;
}
