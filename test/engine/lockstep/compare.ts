/** What differs between two CPUs on the bench, and between how their slices ended. */
import type { EngineExit } from '../../../src/engine/interpreter';
import { CPU } from '../../../src/x86/cpuState';
import type { TestCpu } from '../../harness/testCpu';

export const compareExits = (a: EngineExit, b: EngineExit): string | undefined => (describe(a) === describe(b) ? undefined : `exits ${describe(a)} and ${describe(b)}`);

const describe = (exit: EngineExit): string =>
  exit.kind === 'fault' ? `fault ${exit.vector} (${exit.errorCode})` : exit.kind === 'attend' ? `attend ${exit.attention.kind}` : exit.kind;

const NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

const hex = (value: number): string => (value >>> 0).toString(16);

export function compareState({ cpu: a, ram: left }: TestCpu, { cpu: b, ram: right }: TestCpu): string | undefined {
  for (let n = 0; n < NAMES.length; n++) if (a.reg(n) !== b.reg(n)) return `${NAMES[n]} is ${hex(a.reg(n))} and ${hex(b.reg(n))}`;
  if (a.eip !== b.eip) return 'eip differs';
  if (a.eflags !== b.eflags) return `eflags are ${hex(a.eflags)} and ${hex(b.eflags)}`;
  if (a.get(CPU.CR2) !== b.get(CPU.CR2)) return `cr2 differs: ${(a.get(CPU.CR2) >>> 0).toString(16)} and ${(b.get(CPU.CR2) >>> 0).toString(16)}`;
  for (let at: number = CPU.X87; at <= CPU.MXCSR; at += 4) if (a.get(at) !== b.get(at)) return `x87 and SSE at ${hex(at)} is ${hex(a.get(at))} and ${hex(b.get(at))}`;
  if (left.equals(right)) return undefined;
  const at = left.findIndex((byte, n) => byte !== right[n]);
  return `memory at ${hex(at)} is ${hex(left[at])} and ${hex(right[at])}`;
}
