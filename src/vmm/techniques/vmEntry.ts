/** VM entry: the checks, and the MSRs that it loads. SDM Vol. 3, chapter 26. */
import { hexh } from '../../base/bits';
import { type ExecutionContext, GuestFault } from '../../semantics/system/context';
import { writeModelSpecific } from '../../semantics/system/modelSpecific';
import { CPU } from '../../x86/cpuState';
import { EAX, ECX, EDX } from '../../x86/registers';
import type { EntryFailureExit } from '../exits/entryFailure';
import { type EntryFailure, checkEntry } from '../vmcs/entryChecks';
import type { Vmcs } from '../vmcs/vmcs';

/** VM-instruction errors (SDM Vol. 3, table 30-1). */
const INVALID_CONTROL_FIELDS = 7;
const INVALID_HOST_STATE = 8;

/** Why the guest was not entered; `exit` where the failure is a VM exit and not an error of VMLAUNCH or VMRESUME. */
export interface Refusal {
  readonly causes: readonly string[];
  readonly exit?: EntryFailureExit;
}

/** Enter the guest: undefined when it runs. */
export function enter(vmcs: Vmcs, context: ExecutionContext): Refusal | undefined {
  if (!vmcs.changed && vmcs.read('entryMsrLoadCount') === 0) return undefined;
  const failures = checkEntry(vmcs);
  if (failures.length > 0) return refuse(vmcs, failures);
  const unloadable = loadMsrs(vmcs, context);
  if (unloadable) return refuse(vmcs, [unloadable]);
  vmcs.changed = false;
  return undefined;
}

function refuse(vmcs: Vmcs, failures: readonly EntryFailure[]): Refusal {
  const [{ stage, qualification }] = failures;
  const causes = failures.map(({ sentence }) => sentence);
  vmcs.note('instructionError', stage === 'controls' ? INVALID_CONTROL_FIELDS : stage === 'host' ? INVALID_HOST_STATE : 0);
  if (stage === 'controls' || stage === 'host')
    return { causes: [`VM entry with invalid ${stage === 'controls' ? 'control fields' : 'host state'} (VM-instruction error ${vmcs.read('instructionError')}).`, ...causes] };
  const reason = stage === 'guest' ? 'ENTRY_FAILURE_GUEST_STATE' : 'ENTRY_FAILURE_MSR_LOADING';
  return { causes: [`VM entry failed: exit reason ${stage === 'guest' ? 33 : 34}, qualification ${qualification}.`, ...causes], exit: { reason, code: qualification, causes } };
}

/** As WRMSR would, for each entry of the area; one that faults there fails the entry. */
function loadMsrs(vmcs: Vmcs, context: ExecutionContext): EntryFailure | undefined {
  const count = vmcs.read('entryMsrLoadCount');
  for (let n = 1; n <= count; n++) {
    const at = vmcs.read('entryMsrLoadAddress') + 16 * (n - 1);
    if (!vmcs.memory.holds(at, 16)) return failedAt(n, `entry ${n} is not in the VMM’s memory`);
    const [msr] = vmcs.memory.readEntry(at);
    if (!writeMsr(context, msr, vmcs.memory.readEntry(at + 8))) return failedAt(n, `entry ${n}: writing MSR ${hexh(msr)} would be #GP(0)`);
  }
  return undefined;
}

const failedAt = (qualification: number, what: string): EntryFailure => ({
  stage: 'msrLoading',
  field: 'entryMsrLoadAddress',
  sentence: `VM-entry MSR-load area: ${what}.`,
  qualification,
});

function writeMsr(context: ExecutionContext, msr: number, [low, high]: readonly [number, number]): boolean {
  const { cpu } = context;
  const kept = [EAX, ECX, EDX].map((register) => cpu.reg(register));
  [low, msr, high].forEach((value, n) => cpu.setReg([EAX, ECX, EDX][n], value));
  try {
    writeModelSpecific(context);
    return true;
  } catch (fault) {
    if (!(fault instanceof GuestFault)) throw fault;
    cpu.set(CPU.FAULT, 0);
    return false;
  } finally {
    kept.forEach((value, n) => cpu.setReg([EAX, ECX, EDX][n], value));
  }
}
