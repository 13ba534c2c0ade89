/** Operands of an instruction that exits, as the processor has them at that moment. */
import type { ExecutionContext } from '../../semantics/system/context';
import { CPU } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';

export const REGISTERS = ['EAX', 'ECX', 'EDX', 'EBX', 'ESP', 'EBP', 'ESI', 'EDI'] as const;

/** Offset of the memory operand in its segment. */
export function effectiveAddress({ cpu }: ExecutionContext, { base, index, scale, displacement, addressSize }: Instruction): number {
  const sum = (base < 0 ? 0 : cpu.reg(base)) + (index < 0 ? 0 : cpu.reg(index) << scale) + displacement;
  return addressSize === 2 ? sum & 0xffff : sum >>> 0;
}

export const linearAddress = (context: ExecutionContext, instruction: Instruction): number =>
  (context.cpu.segmentBase(instruction.segment) + effectiveAddress(context, instruction)) >>> 0;

/** A word operand without touching anything: undefined where reading it would fault. */
export function peekWord(context: ExecutionContext, instruction: Instruction): number | undefined {
  const { cpu, memory } = context;
  if (instruction.rm >= 0) return cpu.reg(instruction.rm) & 0xffff;
  const linear = linearAddress(context, instruction);
  let value = 0;
  for (const n of [0, 1]) {
    const found = memory.translate((linear + n) >>> 0, { write: false, user: cpu.cpl === 3 }, false);
    if (found.kind === 'fault' || !memory.physical.isBacked(found.physical)) return undefined;
    value |= memory.physical.read(found.physical, 1) << (8 * n);
  }
  return value;
}

export const cr = (n: number): number => [CPU.CR0, -1, CPU.CR2, CPU.CR3, CPU.CR4][n];
