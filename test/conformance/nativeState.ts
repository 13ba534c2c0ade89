/** x87, MMX and SSE state of a native case (data/native/FORMAT.md) in the CPU's cells, and the differences from it. */
import { CPU, type CpuState } from '../../src/x86/cpuState';
import { hex } from './files';

export interface NativeState {
  /** x87 control and status words; the tag byte of FXSAVE, a bit for each register that is not empty, by physical number. */
  readonly cw: number;
  readonly sw: number;
  readonly tw: number;
  /** ST(0) to ST(7): sign and exponent, significand, as hexadecimal digits. */
  readonly st?: readonly string[];
  readonly mx?: number;
  readonly xmm?: readonly string[];
}

const REGISTER_BYTES = 16;
const registerAt = (status: number, n: number): number => CPU.X87 + REGISTER_BYTES * (((status >> 11) + n) & 7);
const tagByte = (tags: number): number => [0, 1, 2, 3, 4, 5, 6, 7].reduce((byte, n) => byte | (((tags >> (2 * n)) & 3) === 3 ? 0 : 1 << n), 0);

export function setState(cpu: CpuState, { cw, sw, tw, st, mx, xmm }: NativeState): void {
  cpu.set(CPU.X87_CONTROL, cw);
  cpu.set(CPU.X87_STATUS, sw);
  cpu.set(
    CPU.X87_TAGS,
    [0, 1, 2, 3, 4, 5, 6, 7].reduce((tags, n) => tags | (tw & (1 << n) ? 0 : 3 << (2 * n)), 0),
  );
  for (const cell of [CPU.X87_OPCODE, CPU.X87_EIP, CPU.X87_CS, CPU.X87_DATA, CPU.X87_DS]) cpu.set(cell, 0);
  st?.forEach((value, n) => cpu.u8.set(Buffer.from(value, 'hex').reverse(), registerAt(sw, n)));
  if (mx !== undefined) cpu.set(CPU.MXCSR, mx);
  xmm?.forEach((value, n) => cpu.u8.set(Buffer.from(value, 'hex').reverse(), CPU.XMM + REGISTER_BYTES * n));
}

const hexOf = (cpu: CpuState, at: number, length: number): string =>
  Buffer.from(cpu.u8.subarray(at, at + length))
    .reverse()
    .toString('hex');

/** Distance of two values in units of the last place; not a number when they are of different kinds. */
function ulps(a: string, b: string): number {
  const parts = (text: string): bigint => ((BigInt(`0x${text.slice(0, 4)}`) & 0x7fffn) << 63n) + (BigInt(`0x${text.slice(4)}`) & 0x7fff_ffff_ffff_ffffn);
  if (a[0] >= '8' !== b[0] >= '8') return Number.NaN;
  const distance = parts(a) - parts(b);
  return Number(distance < 0n ? -distance : distance);
}

/** RCPPS and RSQRTPS (SDM Vol. 2). */
const RELATIVE_ERROR = 1.5 * 2 ** -12;

/** Four singles, each the same or near the other. */
function nearSingles(a: string, b: string): boolean {
  const single = (text: string, n: number): number => Buffer.from(text, 'hex').readFloatBE(4 * n);
  return [0, 1, 2, 3].every((n) => {
    const [x, y] = [single(a, n), single(b, n)];
    return a.slice(8 * n, 8 * n + 8) === b.slice(8 * n, 8 * n + 8) || Math.abs(x - y) <= RELATIVE_ERROR * Math.abs(y);
  });
}

const C1 = 0x200;

/** `approximate`: results within one unit of the last place, and then whether they were rounded up does not count. */
export function stateDifferences(cpu: CpuState, expected: NativeState, approximate: boolean): string[] {
  const differences: string[] = [];
  const compare = (name: string, actual: number, wanted: number): void => {
    if (actual !== wanted) differences.push(`${name} is ${hex(actual)}, not ${hex(wanted)}`);
  };
  const ignored = approximate ? C1 : 0;
  compare('FCW', cpu.get(CPU.X87_CONTROL), expected.cw);
  compare('FSW', cpu.get(CPU.X87_STATUS) & ~ignored, expected.sw & ~ignored);
  compare('FTW', tagByte(cpu.get(CPU.X87_TAGS)), expected.tw);
  expected.st?.forEach((wanted, n) => {
    const actual = hexOf(cpu, registerAt(expected.sw, n), 10);
    if (actual !== wanted && !(approximate && ulps(actual, wanted) <= 1)) differences.push(`st${n} is ${actual}, not ${wanted}`);
  });
  if (expected.mx !== undefined) compare('MXCSR', cpu.get(CPU.MXCSR), expected.mx);
  expected.xmm?.forEach((wanted, n) => {
    const actual = hexOf(cpu, CPU.XMM + REGISTER_BYTES * n, 16);
    if (actual !== wanted && !(approximate && nearSingles(actual, wanted))) differences.push(`xmm${n} is ${actual}, not ${wanted}`);
  });
  return differences;
}
