/** Processors that CPU chooses between (NASM manual, 8.11), each as the generation whose instructions it has. */
import type { CpuGeneration } from '../x86/instructionSpec';

/** Whatever the assembler knows, later than the modelled processor or not. */
export const ANY_CPU = 'any';
export type Cpu = CpuGeneration | typeof ANY_CPU;

const NAMES: Readonly<Record<Cpu, string>> = {
  '8086': '8086',
  '186': '186 80186 i186',
  '286': '286 80286 i286',
  '386': '386 80386 i386',
  '486': '486 80486 i486',
  pentium: '586 pentium i586',
  p6: '686 p6 ppro pentiumpro i686 p2',
  p3: 'p3 katmai',
  p4: 'p4 willamette',
  any: 'default any all prescott x64 x86-64 x8664 ia64 nehalem westmere sandybridge latevex',
};

export const CPUS: ReadonlyMap<string, Cpu> = new Map(Object.entries(NAMES).flatMap(([cpu, names]) => names.split(' ').map((name) => [name, cpu as Cpu] as const)));
