/**
 * Cases captured on silicon in real mode (data/single-step/FORMAT.md): load registers and memory, run to HLT through
 * blocks, compare registers, defined flags and all of memory.
 */
import { CPU } from '../../src/x86/cpuState';
import { DE } from '../../src/x86/exceptions';
import { STATUS_FLAGS } from '../../src/x86/flags';
import { REGISTERS_16, SEGMENT_REGISTERS } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { fromHex, hex } from './files';
import { type Difference, difference286 } from './processor286';
import type { Verdict } from './result';

/** Opens the cases of one opcode. */
export interface OpcodeFile {
  readonly file: string;
  readonly cpu: string;
  readonly mnemonic: string;
  /** Flags to compare. */
  readonly fmask: number;
  /** Names of the registers in the cases, in order. */
  readonly regs: readonly string[];
}

type Ram = readonly (number | string)[];

export type SingleStepCase = readonly [
  index: number,
  code: string,
  initialRegisters: readonly number[],
  finalRegisters: Readonly<Record<string, number>>,
  initialRam: Ram,
  finalRam: Ram,
  exception: 0 | readonly [vector: number, flagsAt: number],
  name: string,
  tag?: string,
];

/** Memory the cases reach: FFFF:FFFF, and room. */
const RAM_BYTES = 0x120000;
/** Every so many cases the TLB starts empty, so that both halves of an access are used. */
const FLUSH_EVERY = 4;

const chunks = (ram: Ram): { at: number; bytes: Uint8Array }[] => {
  const out: { at: number; bytes: Uint8Array }[] = [];
  for (let n = 0; n < ram.length; n += 2) out.push({ at: ram[n] as number, bytes: fromHex(ram[n + 1] as string) });
  return out;
};

/** Flags that a processor's FLAGS has besides the reserved bits. On a 286 in real mode bits 12 to 15 stay clear. */
const flagsOf = (cpu: string): number => (cpu.startsWith('386') ? 0x7fd5 : 0x0fd5);

/** AAM by zero: whatever a processor leaves in the flags, it faults. */
const undefinedAfter = (exception: SingleStepCase[6]): number => (exception && exception[0] === DE ? STATUS_FLAGS : 0);

export class SingleStepBench {
  readonly #test = new TestCpu({ ram: RAM_BYTES, model: '386' });
  readonly #expected = Buffer.alloc(RAM_BYTES);
  readonly #zeros = new Uint8Array(64);
  #cases = 0;

  run(file: OpcodeFile, testCase: SingleStepCase): Verdict {
    const [, code, initialRegisters, finalRegisters, initialRam, finalRam, exception] = testCase;
    const other = file.cpu.startsWith('386') ? undefined : difference286(fromHex(code), exception ? exception[0] : -1);
    const test = this.#test;
    if (this.#cases++ % FLUSH_EVERY === 0) test.vm.linear.flush();
    const values: Record<string, number> = Object.fromEntries(file.regs.map((name, n) => [name, initialRegisters[n]]));
    const flagBits = flagsOf(file.cpu);
    this.#load(values, flagBits);
    const before = chunks(initialRam);
    const after = chunks(finalRam);
    for (const { at, bytes } of before) {
      test.write(at, bytes);
      this.#expected.set(bytes, at);
    }
    if (other) return this.#otherwise(other);
    const outcome = test.runToHalt();
    for (const { at, bytes } of after) this.#expected.set(bytes, at);
    const flagMask = file.fmask & flagBits & ~undefinedAfter(exception);
    const expected = { ...values, ...finalRegisters };
    const differences = outcome.kind === 'halted' ? [...this.#registers(expected, flagMask), ...this.#memory(exception ? expected : undefined, flagMask)] : [outcome.kind];
    if (outcome.kind === 'halted') this.#wipe([...before, ...after]);
    else this.#wipeAll();
    if (outcome.kind === 'unimplemented') return { skipped: outcome.what };
    return differences.length > 0 ? { differences } : undefined;
  }

  /** A case that a 386 does not share: it still has to raise what a 386 raises, with the state of before, or raise nothing. */
  #otherwise({ why, vectors, repeated }: Difference): Verdict {
    const test = this.#test;
    const before = test.cpu.saveRegisters();
    const exit = test.step();
    const raised = exit.kind === 'fault' ? exit.vector : undefined;
    const changed = raised !== undefined && !repeated && !test.cpu.saveRegisters().every((value, n) => value === before[n]);
    this.#wipeAll();
    if (exit.kind === 'attend') return { skipped: 'attend' };
    if (!vectors.includes(raised)) return { differences: [`raised ${raised}, not ${vectors.join(' or ')} (${why})`] };
    return changed ? { differences: [`changed a register before vector ${raised} (${why})`] } : { skipped: `${why} (checked)` };
  }

  #load(values: Record<string, number>, flagBits: number): void {
    const test = this.#test;
    const { cpu } = test;
    REGISTERS_16.forEach((name, n) => cpu.setReg(n, values[`e${name}`] ?? values[name]));
    SEGMENT_REGISTERS.forEach((name, s) => test.setRealSegment(s, values[name] ?? 0));
    cpu.eip = values.eip ?? values.ip;
    cpu.eflags = ((values.eflags ?? values.flags) & flagBits) | 2;
    cpu.set(CPU.HALTED, 0);
    cpu.set(CPU.INHIBIT, 0);
    // The captures have no coprocessor: an escape only reads its operand. Here nothing may be left pending by the case before.
    test.vm.context.x87.initialize();
  }

  #registers(values: Record<string, number>, flagMask: number): string[] {
    const { cpu } = this.#test;
    const differences: string[] = [];
    const compare = (name: string, actual: number, expected: number): void => {
      if (actual !== expected >>> 0) differences.push(`${name} is ${hex(actual)}, not ${hex(expected)}`);
    };
    REGISTERS_16.forEach((name, n) => {
      const wide = values[`e${name}`];
      compare(name, wide === undefined ? cpu.reg(n) & 0xffff : cpu.reg(n), wide ?? values[name]);
    });
    SEGMENT_REGISTERS.forEach((name, s) => {
      if (values[name] !== undefined) compare(name, cpu.selector(s), values[name]);
    });
    // A 16-bit IP wraps behind the HLT at the end of the segment; EIP does not.
    compare('ip', cpu.eip & 0xffff, (values.eip ?? values.ip) & 0xffff);
    compare('flags', cpu.eflags & flagMask, (values.eflags ?? values.flags) & flagMask);
    return differences;
  }

  /** All of memory; of the FLAGS word that an exception pushed at SS:SP + 4, only the defined flags. */
  #memory(handler: Record<string, number> | undefined, flagMask: number): string[] {
    const { ram } = this.#test;
    const expected = this.#expected;
    if (handler) {
      const at = (handler.ss << 4) + (((handler.sp ?? handler.esp) + 4) & 0xffff);
      const undefinedFlags = ~flagMask & 0xffff;
      expected.writeUInt16LE((expected.readUInt16LE(at) & flagMask) | (ram.readUInt16LE(at) & undefinedFlags), at);
    }
    if (ram.equals(expected)) return [];
    const differences: string[] = [];
    for (let at = 0; at < RAM_BYTES; at++)
      if (ram[at] !== expected[at]) {
        if (differences.length < 8) differences.push(`[${hex(at)}] is ${hex(ram[at])}, not ${hex(expected[at])}`);
        this.#test.write(at, [0]);
      }
    return differences;
  }

  /** The guest ran away: anything may have been written. */
  #wipeAll(): void {
    this.#test.write(0, new Uint8Array(RAM_BYTES));
    this.#expected.fill(0);
  }

  #wipe(used: readonly { at: number; bytes: Uint8Array }[]): void {
    for (const { at, bytes } of used) {
      const zeros = bytes.length <= this.#zeros.length ? this.#zeros.subarray(0, bytes.length) : new Uint8Array(bytes.length);
      this.#test.write(at, zeros);
      this.#expected.set(zeros, at);
    }
  }
}
