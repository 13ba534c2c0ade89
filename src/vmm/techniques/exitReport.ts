/** VM exits, entries and injections as events, and as the fields that the processor leaves in the VMCS. */
import { hexh } from '../../base/bits';
import type { VmExitDetails } from '../../protocol/vmmEvent';
import type { Instruction } from '../../x86/decoder';
import { describeInterruption } from '../exits/exception';
import { instructionIdentity } from '../exits/descriptorTable';
import { formatOf } from '../exits/formats';
import { type VmExit, exitNumber } from '../exits/vmExit';
import type { Observation } from '../observedState';
import { observe, stateDifferences } from '../twin';
import type { Vmcs } from '../vmcs/vmcs';
import type { EventDraftOf, TechniqueHost } from './technique';

/** Fields that a typical exit makes the VMM read (Adams & Agesen 2006). */
const READS_PER_EXIT = 10;
const ENTRY_FAILED = 0x80000000;

interface Circumstances {
  readonly instruction?: Instruction;
  readonly changes?: readonly string[];
  /** IDT-vectoring information. */
  readonly idtVectoring?: number;
}

export class ExitReport {
  constructor(
    readonly host: TechniqueHost,
    readonly vmcs: Vmcs,
  ) {}

  stopsAt(exit: VmExit, instruction?: Instruction): boolean {
    return this.host.watching && this.host.stopsAt(this.#draft(exit, instruction ? { instruction } : {}));
  }

  /** The guest left. */
  exit(exit: VmExit, circumstances: Circumstances = {}): void {
    this.#note(exit, circumstances);
    this.host.report(this.#draft(exit, circumstances));
    if (circumstances.idtVectoring) this.injection(circumstances.idtVectoring, 'again: the exit struck during its delivery');
  }

  entry(): void {
    this.host.report({ kind: 'vmEntry', reason: 'VMRESUME', sentence: 'The VMM resumed the guest.' });
  }

  injection(interruption: number, how = 'through the guest’s IDT'): void {
    const what = describeInterruption(interruption);
    this.host.report({
      kind: 'injection',
      vector: interruption & 0xff,
      reason: what,
      sentence: `VM entry delivers ${what}, ${how} (VM-entry interruption information ${hexh(interruption, 8)}).`,
      details: { interruption },
    });
  }

  /** No processor delivers by the vector table in virtual-8086 mode. */
  realModeInjection(interruption: number): void {
    const what = describeInterruption(interruption);
    this.host.report({
      kind: 'injection',
      vector: interruption & 0xff,
      reason: what,
      sentence: `The VMM delivers ${what} as real mode does: it pushes FLAGS, CS and IP and enters the guest at the handler of its vector table.`,
      details: { interruption },
    });
  }

  #draft(exit: VmExit, { instruction, changes = [], idtVectoring }: Circumstances): EventDraftOf<'vmExit'> {
    const format = formatOf(exit);
    const detailed = this.host.watching;
    const handling = detailed ? format.handling(exit) : '';
    const details: VmExitDetails = {
      number: exitNumber(exit),
      qualification: format.qualification(exit),
      decoded: detailed ? format.decode(exit) : [],
      ...('information' in exit && exit.information ? { interruption: exit.information } : {}),
      ...(idtVectoring ? { idtVectoring } : {}),
      handling,
      changes,
    };
    return {
      kind: 'vmExit',
      ...(instruction ? { instruction } : {}),
      reason: exit.reason,
      sentence: detailed ? `${format.sentence(exit)} The VMM ${handling}.` : '',
      cost: 'vmExitRoundTrip',
      costs: [
        ['vmcsRead', READS_PER_EXIT],
        ['exitService', 1],
      ],
      details,
      ...('port' in exit ? { port: exit.port, write: exit.direction === 'out' } : {}),
      ...('vector' in exit ? { vector: exit.vector } : {}),
    };
  }

  /** SDM Vol. 3, 27.2: what a VM exit records. */
  #note(exit: VmExit, { instruction, idtVectoring = 0 }: Circumstances): void {
    const { vmcs } = this;
    const failed = exit.reason.startsWith('ENTRY_FAILURE');
    vmcs.note('exitReason', exitNumber(exit) + (failed ? ENTRY_FAILED : 0));
    vmcs.note('exitQualification', formatOf(exit).qualification(exit));
    vmcs.note('exitInterruptionInfo', 'information' in exit ? exit.information : 0);
    vmcs.note('exitInterruptionErrorCode', 'errorCode' in exit ? exit.errorCode : 0);
    vmcs.note('idtVectoringInfo', idtVectoring);
    vmcs.note('exitInstructionLength', instruction?.length ?? 0);
    vmcs.note('exitInstructionInfo', 'displacement' in exit ? instructionIdentity(exit) << 28 : 0);
    if ('physical' in exit) {
      vmcs.note('guestPhysicalAddress', exit.physical);
      vmcs.note('guestLinearAddress', exit.linear);
    }
  }

  observe(): Observation {
    return observe(this.vmcs.context.cpu);
  }

  /** `EAX 00000001h → 00000F29h`; EIP, which every instruction moves, is left out. */
  changesSince(before: Observation): string[] {
    return stateDifferences(this.observe(), before).map(({ what, is, bare }) => `${what} ${bare} → ${is}`);
  }
}
