/**
 * VM exits between two instructions: the monitor trap flag, the preemption timer, NMIs and external interrupts, and the windows
 * through which those are delivered later. SDM Vol. 3, 25.2 and 25.5.
 */
import { NMI } from '../../x86/exceptions';
import { interruption } from '../exits/exception';
import type { VmExit } from '../exits/vmExit';
import type { Vmcs } from '../vmcs/vmcs';
import type { Waiting } from './technique';

/** The guest as its exits see it; coordinates are numbers of retired instructions. */
export interface Boundary {
  /** The guest runs: the VMM has not had control since the last VM entry. */
  running(): boolean;
  retired(): number;
  enteredAt(): number;
  /** The VMM has had control at this very boundary. */
  vmmHasControl(): boolean;
  /** An exit. True: stop before it, and nothing has happened. */
  leave(exit: VmExit): boolean;
}

const WINDOW = { interruptWindowExiting: 1 << 2, nmiWindowExiting: 1 << 22 } as const;

export class BoundaryExits {
  /** The interrupt that waits has been announced to the VMM. */
  #announced = false;

  constructor(
    readonly vmcs: Vmcs,
    readonly boundary: Boundary,
  ) {}

  /** Coordinate at which the preemption timer runs out. */
  get timerEnd(): number {
    return this.boundary.enteredAt() + this.vmcs.read('preemptionTimer');
  }

  /** The interrupt that waited is delivered, or the machine was reset. */
  forget(): void {
    this.#announced = false;
  }

  /** True: stop before the exit. */
  leaves(waiting: Waiting): boolean {
    const { vmcs, boundary } = this;
    const running = boundary.running();
    const retired = boundary.retired();
    if (running && vmcs.has('monitorTrapFlag') && retired > boundary.enteredAt() && boundary.leave({ reason: 'MONITOR_TRAP_FLAG' })) return true;
    if (running && vmcs.has('activatePreemptionTimer') && retired >= this.timerEnd && boundary.leave({ reason: 'PREEMPTION_TIMER' })) return true;
    if (waiting.nmi && this.#nonMaskable(waiting.nmiBlocked)) return true;
    if (!waiting.interrupt) {
      this.forget();
      if (vmcs.has('interruptWindowExiting')) this.#setWindow('interruptWindowExiting', false);
      return false;
    }
    return vmcs.has('externalInterruptExiting') && this.#external(waiting.interruptible);
  }

  /** Not a control that translated code depends on, nor one that could be inconsistent. */
  #setWindow(name: keyof typeof WINDOW, on: boolean): void {
    const controls = this.vmcs.read('primaryControls');
    this.vmcs.note('primaryControls', on ? controls | WINDOW[name] : controls & ~WINDOW[name]);
  }

  /** The interrupt that waits: an exit unless the VMM has control; then injection, or a window to wait for. */
  #external(interruptible: boolean): boolean {
    const { vmcs, boundary } = this;
    if (!this.#announced) {
      if (!boundary.vmmHasControl() && boundary.leave({ reason: 'EXTERNAL_INTERRUPT', information: 0 })) return true;
      this.#announced = true;
      if (!interruptible) this.#setWindow('interruptWindowExiting', true);
    } else if (interruptible && vmcs.has('interruptWindowExiting')) {
      if (boundary.leave({ reason: 'INTERRUPT_WINDOW' })) return true;
      this.#setWindow('interruptWindowExiting', false);
    }
    return false;
  }

  #nonMaskable(blocked: boolean): boolean {
    const { vmcs, boundary } = this;
    if (!vmcs.has('nmiExiting')) return false;
    if (blocked) {
      if (vmcs.has('virtualNmis') && !vmcs.has('nmiWindowExiting')) this.#setWindow('nmiWindowExiting', true);
      return false;
    }
    if (vmcs.has('nmiWindowExiting')) {
      if (boundary.leave({ reason: 'NMI_WINDOW' })) return true;
      this.#setWindow('nmiWindowExiting', false);
      return false;
    }
    return boundary.leave({ reason: 'EXCEPTION_OR_NMI', vector: NMI, information: interruption(NMI, false, false), errorCode: 0, operand: 0 });
  }
}
