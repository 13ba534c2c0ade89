/** The VM exit that an instruction makes in the guest's present state, or that it makes none. SDM Vol. 3, 25.1. */
import { type ExecutionContext, GuestFault } from '../../semantics/system/context';
import { checkPort } from '../../semantics/system/control';
import { CPU } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';
import { GP } from '../../x86/exceptions';
import { CR4_PCE, CR4_TSD } from '../../x86/flags';
import { EDX } from '../../x86/registers';
import { faultInV86 } from '../vmcs/restrictedGuest';
import type { Vmcs } from '../vmcs/vmcs';
import { interruption } from './exception';
import { instructionExits } from './formats';
import { fixedPort, portSize } from './ioInstruction';
import type { VmExit } from './vmExit';

/** `v86`: the guest's real mode is virtual-8086 mode. Faults of the instruction's own come before its exit (25.1.1), but for debug registers. */
export function exitOf(instruction: Instruction, context: ExecutionContext, vmcs: Vmcs, v86: boolean): VmExit | undefined {
  const { cpu } = context;
  if (instruction.spec.protectedOnly && cpu.realSegments) return undefined;
  const fault = v86 ? faultInV86(instruction, cpu) : undefined;
  if (fault !== undefined) return { reason: 'EXCEPTION_OR_NMI', vector: fault, information: interruption(fault, false, fault === GP), errorCode: 0, operand: 0, emulated: true };
  if (faultsFirst(instruction, context)) return undefined;
  const family = instructionExits(instruction);
  return family?.mayExit(instruction, vmcs) ? family.exitOf({ instruction, context, vmcs }) : undefined;
}

function faultsFirst(instruction: Instruction, context: ExecutionContext): boolean {
  const { cpu } = context;
  const { sensitive, sensitivity } = instruction.spec;
  if (sensitivity === 'movFromDebug' || sensitivity === 'movToDebug') return false;
  if (sensitive?.gate === 'cpl') return cpu.cpl > 0;
  if (sensitivity === 'rdtsc') return cpu.cpl > 0 && (cpu.get(CPU.CR4) & CR4_TSD) !== 0;
  if (sensitivity === 'rdpmc') return cpu.cpl > 0 && !(cpu.get(CPU.CR4) & CR4_PCE);
  if (sensitivity !== 'io') return false;
  const port = fixedPort(instruction) ?? cpu.reg(EDX) & 0xffff;
  return refusesPort(context, port, portSize(instruction));
}

function refusesPort(context: ExecutionContext, port: number, size: number): boolean {
  try {
    checkPort(context, port, size);
    return false;
  } catch (fault) {
    if (!(fault instanceof GuestFault)) throw fault;
    context.cpu.set(CPU.FAULT, 0);
    return true;
  }
}
