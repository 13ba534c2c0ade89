/**
 * Vectors from a processor in 32-bit user mode (data/native/FORMAT.md): flat segments, CPL 3, IOPL 0, IF set, one window of
 * memory with nothing mapped around it. One instruction, then compare registers, defined flags, EIP, memory, or the fault.
 */
import type { EngineExit } from '../../src/engine/interpreter';
import { ATTR_DB, CPU } from '../../src/x86/cpuState';
import { BR, DE, GP, MF, PF, UD, XM } from '../../src/x86/exceptions';
import { CR4_OSFXSR, CR4_OSXMMEXCPT, EFLAGS_DF, EFLAGS_ID, EFLAGS_IF, STATUS_FLAGS } from '../../src/x86/flags';
import { CS, ESP, REGISTERS_32, TR } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { fromHex, hex } from './files';
import { type NativeState, setState, stateDifferences } from './nativeState';
import type { Verdict } from './result';

export interface NativeCase {
  /** Form. */
  readonly n: string;
  /** Instruction bytes. */
  readonly i: string;
  /** Registers and flags before. */
  readonly r: readonly number[];
  readonly f: number;
  /** Memory before: address, bytes. */
  readonly m: readonly (number | string)[];
  /** x87 and SSE state before. */
  readonly x?: NativeState;
  /** x87 and SSE state after. */
  readonly X?: NativeState;
  /** Changed registers by number, flags, EIP, changed memory. */
  readonly R: Readonly<Record<string, number>>;
  readonly F: number;
  readonly ip: number;
  readonly M: readonly (number | string)[];
  /** Undefined flags. */
  readonly u?: number;
  /** Signal, its code, its address. */
  readonly sig?: readonly [signal: number, code: number, address: number];
  readonly t?: string;
}

const PAGE = 4096;
const START = 0x10000400;
/** Linear pages of the cases and where they are in the bench's RAM. */
const CODE = { linear: 0x10000000, physical: 0x10000, length: 2 * PAGE };
const WINDOW = { linear: 0x20000000, physical: 0x12000, length: PAGE };
const TABLES = 0x4000;
const FILLER = 0xcc;
/** Flags that are compared. */
const COMPARED = STATUS_FLAGS | EFLAGS_DF;

const INT1 = 'f1';
/** The ID flag that PUSHF stored was the tracer's; the cases do not give it. */
const unknownFlags = (form: string): number => (form === 'pushf' ? EFLAGS_ID : 0);

/** Linux sends SIGSEGV for #BR too. */
const VECTORS: Readonly<Record<number, readonly number[]>> = { 8: [DE, MF, XM], 4: [UD], 11: [GP, BR] };

export class NativeBench {
  readonly #test = new TestCpu({ model: 'p4' });
  readonly #expected = Buffer.alloc(CODE.length + WINDOW.length);

  /** `codeSize` 2: the same instructions in a 16-bit code segment, by toggling both size prefixes. `translated`: as WebAssembly, where it can be. */
  constructor(
    readonly codeSize: 2 | 4 = 4,
    readonly translated = false,
  ) {
    const test = this.#test;
    test.flat32({ cpl: 3 });
    test.cpu.set(CPU.CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
    const cs = test.cpu.segment(CS);
    if (codeSize === 2) test.cpu.setSegment(CS, { ...cs, attributes: cs.attributes & ~ATTR_DB });
    test.page(TABLES, [
      { linear: CODE.linear, physical: CODE.physical, writable: false },
      { linear: CODE.linear + PAGE, physical: CODE.physical + PAGE, writable: false },
      { linear: WINDOW.linear, physical: WINDOW.physical },
    ]);
    test.write(CODE.physical, new Uint8Array(CODE.length).fill(FILLER));
    // No I/O permission bitmap, and no gate that the program could reach.
    test.cpu.setSegment(TR, { ...test.cpu.segment(TR), limit: 0 });
  }

  run(testCase: NativeCase): Verdict {
    if (testCase.i === INT1) return { skipped: 'INT1 belongs to the tracer' };
    const test = this.#test;
    const { cpu } = test;
    const code = this.codeSize === 4 ? fromHex(testCase.i) : toggleSizes(fromHex(testCase.i));
    test.write(physical(START), code);
    for (const { at, bytes } of memory(testCase.m)) test.write(at, bytes);
    test.ram.copy(this.#expected, 0, CODE.physical, WINDOW.physical + WINDOW.length);
    testCase.r.forEach((value, n) => cpu.setReg(n, value));
    cpu.eflags = testCase.f | EFLAGS_IF;
    if (testCase.x) setState(cpu, testCase.x);
    cpu.eip = START;
    const exit = this.translated ? this.#translated(START + code.length, START + testCase.ip) : test.step();
    for (const { at, bytes } of memory(testCase.M)) this.#expected.set(bytes, at - CODE.physical);
    this.#forgetFlags(testCase);
    const differences =
      exit.kind === 'attend'
        ? []
        : [...this.#fault(testCase, exit.kind === 'fault' ? exit : undefined), ...this.#registers(testCase, code.length), ...this.#state(testCase), ...this.#memory()];
    test.write(physical(START), new Uint8Array(code.length).fill(FILLER));
    test.write(WINDOW.physical, new Uint8Array(WINDOW.length));
    if (exit.kind === 'attend') return { skipped: exit.attention.kind === 'unimplemented' ? exit.attention.what : exit.attention.kind };
    return differences.length > 0 ? { differences } : undefined;
  }

  /** Run to the next instruction, or where the case goes, through a region. */
  #translated(next: number, target: number): EngineExit {
    const { engine } = this.#test.vm;
    engine.setBreakpoints(new Set([next, ...(target === START ? [] : [target])]));
    engine.translateHere();
    for (;;) {
      const exit = engine.run(400);
      if (exit.kind === 'fuel') continue;
      return exit.kind === 'attend' && exit.attention.kind === 'breakpoint' ? { kind: 'budget' } : exit;
    }
  }

  /** Flags that a case stored but does not define are taken as they are. */
  #forgetFlags({ n, M }: NativeCase): void {
    const unknown = unknownFlags(n);
    if (!unknown || M.length === 0) return;
    const at = physical(this.#test.cpu.reg(ESP));
    const stored = this.#test.ram.readUInt32LE(at) & unknown;
    const offset = at - CODE.physical;
    this.#expected.writeUInt32LE(((this.#expected.readUInt32LE(offset) & ~unknown) | stored) >>> 0, offset);
  }

  #fault({ sig }: NativeCase, fault: { vector: number; errorCode: number } | undefined): string[] {
    if (!sig) return fault ? [`raised vector ${fault.vector} (${fault.errorCode})`] : [];
    const [signal, code, address] = sig;
    const expected = signal === 11 && code !== 128 ? [PF] : VECTORS[signal];
    if (!fault) return [`raised nothing, not vector ${expected.join('/')}`];
    if (!expected.includes(fault.vector)) return [`raised vector ${fault.vector}, not ${expected.join('/')}`];
    const cr2 = this.#test.cpu.get(CPU.CR2);
    return fault.vector === PF && cr2 !== address >>> 0 ? [`CR2 is ${hex(cr2)}, not ${hex(address)}`] : [];
  }

  #registers({ i, r, R, F, ip, u = 0 }: NativeCase, length: number): string[] {
    const { cpu } = this.#test;
    const differences: string[] = [];
    const compare = (name: string, actual: number, expected: number): void => {
      if (actual >>> 0 !== expected >>> 0) differences.push(`${name} is ${hex(actual)}, not ${hex(expected)}`);
    };
    REGISTERS_32.forEach((name, n) => compare(name, cpu.reg(n), R[n] ?? r[n]));
    compare('eip', cpu.eip, START + (ip === 0 ? 0 : ip + length - i.length / 2));
    compare('flags', cpu.eflags & COMPARED & ~u, F & COMPARED & ~u);
    return differences;
  }

  #state({ X, t }: NativeCase): string[] {
    return X ? stateDifferences(this.#test.cpu, X, t === 'approx') : [];
  }

  #memory(): string[] {
    const actual = this.#test.ram.subarray(CODE.physical, WINDOW.physical + WINDOW.length);
    if (actual.equals(this.#expected)) return [];
    const differences: string[] = [];
    for (let at = 0; at < actual.length && differences.length < 8; at++)
      if (actual[at] !== this.#expected[at]) differences.push(`[physical ${hex(CODE.physical + at)}] is ${hex(actual[at])}, not ${hex(this.#expected[at])}`);
    return differences;
  }
}

const isPrefix = (byte: number): boolean => [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(byte);

/** The same operand and address size under the other default. */
function toggleSizes(bytes: Uint8Array): Uint8Array {
  const opcodeAt = bytes.findIndex((byte) => !isPrefix(byte));
  const prefixes = [...bytes.subarray(0, opcodeAt)];
  const others = prefixes.filter((byte) => byte !== 0x66 && byte !== 0x67);
  const sizes = [0x66, 0x67].filter((byte) => !prefixes.includes(byte));
  return Uint8Array.from([...sizes, ...others, ...bytes.subarray(opcodeAt)]);
}

const physical = (linear: number): number => (linear >= WINDOW.linear ? linear - WINDOW.linear + WINDOW.physical : linear - CODE.linear + CODE.physical);

const memory = (list: readonly (number | string)[]): { at: number; bytes: Uint8Array }[] => {
  const out: { at: number; bytes: Uint8Array }[] = [];
  for (const part of pairs(list)) out.push({ at: physical(part[0]), bytes: fromHex(part[1]) });
  return out;
};

function* pairs(list: readonly (number | string)[]): Generator<[number, string]> {
  for (let n = 0; n < list.length; n += 2) yield [list[n] as number, list[n + 1] as string];
}
