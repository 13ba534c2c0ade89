/**
 * Paravirtualization: the guest's kernel runs in user mode and knows it. It calls the VMM where an instruction would be
 * sensitive; those that it still executes trap, or go silently wrong, as under trap-and-emulate.
 */
import { GuestFault } from '../../semantics/system/context';
import type { TechniqueId } from '../../protocol/techniques';
import type { Instruction } from '../../x86/decoder';
import { EAX, EBX, ECX, EDX, ESI } from '../../x86/registers';
import type { DeprivilegedWorld } from '../deprivileged';
import type { Hypercalls } from '../hypercalls/hypercalls';
import { HYPERCALL_VECTOR } from '../hypercalls/table';
import { CONTINUE, type EventDraftOf, type TechniqueExit, type TechniqueHost } from './technique';
import { TrapAndEmulate } from './trapAndEmulate';

export class Paravirtualized extends TrapAndEmulate {
  override readonly id: TechniqueId = 'pv';

  constructor(
    host: TechniqueHost,
    world: DeprivilegedWorld,
    readonly hypercalls: Hypercalls,
  ) {
    super(host, world);
  }

  override run(budget: number, single: boolean): TechniqueExit {
    this.hypercalls.events.enter();
    return super.run(budget, single);
  }

  /** User mode makes both ways of calling fault: `vmcall` is #UD, INT meets the VMM's gate of DPL 0. */
  protected override faulted(vector: number, errorCode: number): TechniqueExit {
    this.hypercalls.events.readMask();
    const instruction = this.host.decodeCurrent();
    return instruction && this.#calls(instruction) ? this.#hypercall(instruction) : super.faulted(vector, errorCode);
  }

  /** From user code the vector is the guest's own. */
  #calls({ spec, immediate }: Instruction): boolean {
    return spec.lift === 'vmcall' || (spec.lift === 'int' && (immediate & 0xff) === HYPERCALL_VECTOR && this.guestKernel);
  }

  #hypercall(instruction: Instruction): TechniqueExit {
    const { host, hypercalls } = this;
    const draft = this.#draft(instruction);
    if (host.stopsAt(draft)) return { kind: 'stopped' };
    let outcome: string;
    try {
      outcome = hypercalls.perform(instruction.length);
    } catch (fault) {
      if (!(fault instanceof GuestFault)) throw fault;
      return host.deliverFault(fault.vector, fault.errorCode, instruction) === 'stopped' ? { kind: 'stopped' } : CONTINUE;
    }
    host.engine.retired += 1;
    host.report({ ...draft, sentence: `${draft.sentence} ${outcome}` });
    return CONTINUE;
  }

  #draft(instruction: Instruction): EventDraftOf<'hypercall'> {
    const { cpu } = this.host.engine;
    return {
      kind: 'hypercall',
      instruction,
      reason: this.hypercalls.name,
      sentence: `Hypercall ${this.hypercalls.describe()}:`,
      details: { number: cpu.reg(EAX), arguments: [EBX, ECX, EDX, ESI].map((register) => cpu.reg(register)) },
      cost: instruction.spec.lift === 'vmcall' ? 'hypercall' : 'trap',
    };
  }
}
