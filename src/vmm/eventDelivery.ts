/**
 * Exceptions and interrupts on their way into the guest: reported, shown to the technique, and delivered as the CPU does.
 * While nobody watches, an event is counted and nothing is put together to be said of it.
 */
import { hex, hexh } from '../base/bits';
import type { InterruptController } from '../devices/interruptController';
import type { LinearMemory } from '../memory/linearMemory';
import { type ExecutionContext, isGuestVector } from '../semantics/system/context';
import { type DeliveryOutcome, deliverEvent, pushesErrorCode } from '../semantics/system/interrupts';
import { ENGINE_CELLS } from '../ir/engineCells';
import { CPU, type CpuState } from '../x86/cpuState';
import type { Instruction } from '../x86/decoder';
import { CR0_PE } from '../x86/flags';
import { DB, NMI, PF, exceptionOf, vectorName } from '../x86/exceptions';
import type { CostEvent } from './cost/profiles';
import type { EventDesk } from './eventDesk';
import { inFirmware } from './firmwareService';
import type { Hypercalls } from './hypercalls/hypercalls';
import type { EventDraft, Technique, TechniqueHost } from './techniques/technique';

/** `stopped`: before the event, which has not been delivered. */
export type Delivered = 'delivered' | 'stopped';

export interface DeliveryHost extends Pick<TechniqueHost, 'mark' | 'stopsAt' | 'report'> {
  readonly cpu: CpuState;
  readonly context: ExecutionContext;
  readonly linear: LinearMemory;
  readonly desk: EventDesk;
  readonly technique: Technique;
  readonly hypercalls: Hypercalls | undefined;
  readonly platform: { readonly interrupts: InterruptController };
  /** A triple fault, by its causes. */
  shutDown(causes: readonly string[]): void;
  /** Delivery met what Ringside does not do yet. */
  stopUnimplemented(): void;
}

export class EventDelivery {
  constructor(private readonly host: DeliveryHost) {}

  /** Somebody is told of the next fault, and of its instruction. */
  get tellsOfFaults(): boolean {
    return this.host.desk.watching || this.host.technique.beforeFault !== undefined;
  }

  fault(vector: number, errorCode: number, instruction: Instruction | undefined): Delivered {
    const { host } = this;
    if (!this.tellsOfFaults) host.desk.count('guestFault', faultCost(vector));
    else {
      host.mark();
      const draft = faultDraft(vector, errorCode, instruction, this.#firmwareHandler(vector));
      if (host.stopsAt(draft) || host.technique.beforeFault?.(vector, errorCode, instruction) === 'stopped') return 'stopped';
      host.report(draft);
    }
    this.#deliver(vector, errorCode, true);
    return 'delivered';
  }

  /**
   * Where the vector of a fault leads in real mode while the guest has not hooked it: into the BIOS, which cannot mend it.
   * Not #DB: TF is tried out without a handler.
   */
  #firmwareHandler(vector: number): FarPointer | undefined {
    const { cpu, linear } = this.host;
    if (cpu.cr0 & CR0_PE || vector === DB || cpu.get(CPU.IDTR_LIMIT) < 4 * vector + 3) return undefined;
    const entry = linear.physical.read(cpu.get(CPU.IDTR_BASE) + 4 * vector, 4);
    const handler = { selector: entry >>> 16, offset: entry & 0xffff };
    return inFirmware(16 * handler.selector + handler.offset) ? handler : undefined;
  }

  /** A fault of a guest that nobody watches, and that needs nobody else: delivered without the run loop. False: it is the run loop's. */
  atOnce(vector: number, errorCode: number): boolean {
    const { host } = this;
    if (this.tellsOfFaults || !isGuestVector(vector)) return false;
    host.desk.count('guestFault', faultCost(vector));
    this.#deliver(vector, errorCode, true);
    return true;
  }

  /** Count what generated code has delivered since. */
  takeCounts(): void {
    const { cpu, desk } = this.host;
    for (const cost of FAULT_COSTS) {
      const count = cpu.get(ENGINE_CELLS[cost]);
      if (count === 0) continue;
      cpu.set(ENGINE_CELLS[cost], 0);
      desk.count('guestFault', cost, count);
    }
  }

  /** The vector is known only once acknowledged: a stop asked for by vector is served after delivery. */
  interrupt(): Delivered {
    const { host } = this;
    const vector = host.platform.interrupts.acknowledge();
    const { watching } = host.desk;
    if (watching) host.mark();
    const draft = watching ? interruptDraft(vector) : undefined;
    const stops = draft !== undefined && host.stopsAt(draft);
    host.technique.beforeInterrupt?.(vector);
    this.#deliver(vector, 0, false);
    if (draft) host.report(draft);
    else host.desk.count('interrupt', 'interruptDelivery');
    return stops ? 'stopped' : 'delivered';
  }

  /** No other NMI is taken until IRET (SDM Vol. 3, 6.7.1). */
  nonMaskable(): Delivered {
    const { host } = this;
    host.mark();
    const draft: EventDraft = { kind: 'interrupt', vector: NMI, reason: 'NMI', sentence: 'A non-maskable interrupt; the guest’s handler gets it.', cost: 'interruptDelivery' };
    if (host.stopsAt(draft)) return 'stopped';
    host.platform.interrupts.acknowledgeNmi();
    host.cpu.set(CPU.NMI_BLOCKED, 1);
    host.technique.beforeInterrupt?.(NMI);
    this.#deliver(NMI, 0, false);
    host.report(draft);
    return 'delivered';
  }

  /** What the last instruction left for before the next one: a fault due, then debug traps (SDM Vol. 3, table 6-2). */
  pending(): Delivered {
    const { cpu } = this.host;
    const task = cpu.get(CPU.DUE_FAULT);
    const cell = task ? CPU.DUE_FAULT : CPU.PENDING_DEBUG;
    const value = cpu.get(cell);
    cpu.set(cell, 0);
    const outcome = task ? this.fault(task - 1, cpu.get(CPU.DUE_FAULT_CODE), undefined) : this.fault(DB, value, undefined);
    if (outcome === 'stopped') cpu.set(cell, value);
    return outcome;
  }

  #deliver(vector: number, errorCode: number, exception: boolean): void {
    const { cpu, context, hypercalls, technique } = this.host;
    const code = exception && pushesErrorCode(context, vector) ? errorCode : undefined;
    if (vector !== DB) cpu.set(CPU.PENDING_DEBUG, 0); // a fault: the instruction did not complete
    if (exception && vector === PF) hypercalls?.events.pageFaulted(cpu.get(CPU.CR2));
    const delivery = { vector, software: false, errorCode: code, returnEip: cpu.eip, external: true, debugCauses: errorCode };
    // What delivery stores is nobody's instruction: a debugger's data breakpoints do not see it.
    const outcome = this.host.linear.watches.noting([], () => deliverEvent(context, delivery, exception));
    technique.delivered?.();
    if (outcome.kind !== 'delivered') this.#lost(outcome);
  }

  #lost(outcome: DeliveryOutcome): void {
    const { host } = this;
    host.mark();
    if (outcome.kind === 'unimplemented') host.stopUnimplemented();
    if (outcome.kind !== 'tripleFault') return;
    host.technique.shutdown?.();
    const causes = outcome.chain.map((fault, i) => `${i ? 'while delivering it, ' : ''}${vectorName(fault.vector)} with error code ${hexh(fault.errorCode, 4)}`);
    host.report({ kind: 'tripleFault', reason: 'shutdown', sentence: `Triple fault: ${causes.join('; ')}.` });
    host.shutDown(causes);
  }
}

interface FarPointer {
  readonly selector: number;
  readonly offset: number;
}

const FAULT_COSTS = ['pageFault', 'guestFault'] as const;
const faultCost = (vector: number): CostEvent => (vector === PF ? 'pageFault' : 'guestFault');

const handledBy = (vector: number, firmware: FarPointer | undefined): string =>
  firmware
    ? `the guest has no handler for it: vector ${hexh(vector, 2)} still leads to the BIOS’s at ${hex(firmware.selector, 4)}:${hex(firmware.offset, 4)}, which can only give up.`
    : 'the guest’s handler gets it.';

/** What is said of it is put together when somebody reads it. `firmware`: the handler, where it is not the guest's. */
function faultDraft(vector: number, errorCode: number, instruction: Instruction | undefined, firmware: FarPointer | undefined): EventDraft {
  const spec = exceptionOf(vector);
  const reason = (): string => `${vectorName(vector)}${spec?.errorCode ? `(${hexh(errorCode, 1)})` : ''}`;
  return {
    kind: 'guestFault',
    vector,
    get reason() {
      return reason();
    },
    get sentence() {
      return `${instruction?.spec.mnemonic.toUpperCase() ?? 'The instruction'} raised ${reason()}, ${spec?.description ?? 'exception'}; ${handledBy(vector, firmware)}`;
    },
    cost: faultCost(vector),
    details: { unhandled: firmware !== undefined },
    ...(instruction ? { instruction } : {}),
  };
}

const interruptDraft = (vector: number): EventDraft => ({
  kind: 'interrupt',
  vector,
  get reason() {
    return `vector ${hexh(vector, 2)}`;
  },
  get sentence() {
    return `The interrupt controller raised vector ${hexh(vector, 2)}; the guest’s handler gets it.`;
  },
  cost: 'interruptDelivery',
});
