/**
 * The local APIC of a P6 family processor, and the vCPU's interrupt controller: what the 8259A pair requests reaches the
 * CPU through LINT0. Source: SDM Vol. 3, chapter 10. Region 0: the 4-KiB register page.
 */
import { ApicTimer } from './apicTimer';
import { type ApicMessage, DELIVERY, LEVEL_TRIGGERED, LOGICAL_DESTINATION, LOWEST_VECTOR, MASKED, REMOTE_IRR, VECTOR_MASK, deliveryOf } from './apicMessage';
import type { AccessSize, BusDevice, Clock, DeviceState } from './contract';
import type { EoiFlag, InterruptController } from './interruptController';
import {
  APR,
  BROADCAST,
  CURRENT_COUNT,
  DFR,
  DIVIDE,
  EOI,
  ERROR,
  ESR,
  ICR_HIGH,
  ICR_LOW,
  ICR_WRITABLE,
  ID,
  INITIAL_COUNT,
  IRR,
  ISR,
  LDR,
  LVT,
  LVT_PERIODIC,
  type LintPin,
  type LvtName,
  PPR,
  SHORTHAND,
  SVR,
  SVR_ENABLE,
  SVR_FIXED,
  TMR,
  TPR,
  VERSION,
  VERSION_P6,
} from './localApicRegisters';
import { VectorSet } from './vectorSet';

/** What a local APIC is connected to. */
export interface LocalApicHost {
  /** Bit 11 of the APIC_BASE MSR; without it the register page is not decoded and the pins are INTR and NMI. */
  enabled(): boolean;
  /** The 8259A pair: its INTR output is wired to LINT0. */
  readonly pic: Pick<InterruptController, 'pending' | 'acknowledge'>;
  /** An EOI message for a level-triggered interrupt goes out to the I/O APICs. */
  endOfInterrupt(vector: number): void;
  /** An INIT request arrived. */
  initialize(): void;
}

const powerOn = () => ({
  id: 0,
  tpr: 0,
  ldr: 0,
  dfr: 0xffff_ffff,
  svr: 0xff,
  esr: 0,
  /** Errors since ESR was last written. */
  errors: 0,
  icrLow: 0,
  icrHigh: 0,
  lvt: { timer: MASKED, performance: MASKED, lint0: MASKED, lint1: MASKED, error: MASKED } as Record<LvtName, number>,
  lines: { lint0: false, lint1: false } as Record<LintPin, boolean>,
  /** An I/O APIC asked for the 8259A's interrupt. */
  externalInterrupt: false,
  nmi: false,
  /** The guest may end the interrupt in service by clearing the EOI flag. */
  flagged: false,
});

export class LocalApic implements BusDevice, InterruptController {
  readonly name = 'localApic';
  readonly #timer: ApicTimer;
  readonly #isr = new VectorSet();
  readonly #tmr = new VectorSet();
  readonly #irr = new VectorSet();
  #s = powerOn();
  /** Lets the guest end an interrupt without writing to EOI: edge-triggered, with no other request that waits for the end. */
  eoiFlag: EoiFlag | undefined;

  constructor(
    clock: Clock,
    private readonly host: LocalApicHost,
  ) {
    this.#timer = new ApicTimer(clock, () => this.#accept(this.#s.lvt.timer & VECTOR_MASK, false));
  }

  // The CPU's side.

  get pending(): boolean {
    if (this.#s.flagged) this.#settleEoi();
    if (!this.host.pic.pending && this.#irr.highest() < 0) return false;
    if (!this.host.enabled()) return this.host.pic.pending;
    return this.#deliverable() >= 0 || this.#externalInterrupt;
  }

  acknowledge(): number {
    if (!this.host.enabled()) return this.host.pic.acknowledge();
    const vector = this.#deliverable();
    if (vector >= 0) {
      this.withdrawEoiFlag();
      this.#irr.delete(vector);
      this.#isr.add(vector);
      this.#s.flagged = !this.#tmr.has(vector) && this.#irr.highest() < 0 && (this.eoiFlag?.set() ?? false);
      return vector;
    }
    return this.#externalInterrupt ? this.host.pic.acknowledge() : this.#s.svr & VECTOR_MASK;
  }

  /** The guest has cleared the EOI flag since: that was the end of the interrupt. */
  #settleEoi(): void {
    if (!this.#s.flagged || this.eoiFlag?.isSet()) return;
    this.#s.flagged = false;
    this.#endOfInterrupt();
  }

  /** From here on the guest has to write to EOI, which is seen at once. */
  withdrawEoiFlag(): void {
    this.#settleEoi();
    if (this.#s.flagged) this.eoiFlag?.clear();
    this.#s.flagged = false;
  }

  get nmiPending(): boolean {
    return this.#s.nmi;
  }

  acknowledgeNmi(): void {
    this.#s.nmi = false;
  }

  /** ExtINT: the 8259A's request goes to the CPU as it is, past all priorities. */
  get #externalInterrupt(): boolean {
    const { lint0 } = this.#s.lvt;
    const wired = deliveryOf(lint0) === DELIVERY.EXTINT && !(lint0 & MASKED);
    return (wired || this.#s.externalInterrupt) && this.host.pic.pending;
  }

  /** The request whose priority class is above that of what is in service and of the task, or -1 (SDM Vol. 3, 10.8.3). */
  #deliverable(): number {
    const vector = this.#irr.highest();
    return vector >= 0 && vector >>> 4 > this.#ppr() >>> 4 ? vector : -1;
  }

  #ppr(): number {
    const inService = Math.max(0, this.#isr.highest());
    return this.#s.tpr >>> 4 >= inService >>> 4 ? this.#s.tpr : inService & 0xf0;
  }

  /** Arbitration priority (SDM Vol. 3, 10.6.2.4). */
  #apr(): number {
    const [request, inService] = [Math.max(0, this.#irr.highest()), Math.max(0, this.#isr.highest())];
    return this.#s.tpr >>> 4 >= request >>> 4 && this.#s.tpr >>> 4 > inService >>> 4 ? this.#s.tpr : Math.max(request, inService) & 0xf0;
  }

  // What arrives.

  get #softwareEnabled(): boolean {
    return (this.#s.svr & SVR_ENABLE) !== 0;
  }

  /** A fixed interrupt enters the IRR. */
  #accept(vector: number, levelTriggered: boolean): void {
    if (vector < LOWEST_VECTOR) return this.#error(ERROR.RECEIVED_ILLEGAL_VECTOR);
    this.withdrawEoiFlag();
    this.#irr.add(vector);
    if (levelTriggered) this.#tmr.add(vector);
    else this.#tmr.delete(vector);
  }

  #error(error: number): void {
    this.#s.errors |= error;
    const entry = this.#s.lvt.error;
    const vector = entry & VECTOR_MASK;
    if (entry & MASKED) return;
    if (vector < LOWEST_VECTOR) this.#s.errors |= ERROR.RECEIVED_ILLEGAL_VECTOR;
    else this.#accept(vector, false);
  }

  #isAddressed({ destination, logical }: ApicMessage): boolean {
    if (!logical) return destination === this.#s.id || BROADCAST.includes(destination);
    const ldr = this.#s.ldr >>> 24;
    if (this.#s.dfr >>> 28 === 15) return (ldr & destination) !== 0; // flat model: one bit an APIC
    const cluster = destination >>> 4;
    return (cluster === 15 || cluster === ldr >>> 4) && (ldr & destination & 15) !== 0;
  }

  /** A message on the APIC bus; false when this APIC does not take it. */
  receive(message: ApicMessage): boolean {
    if (!this.host.enabled() || !this.#isAddressed(message)) return false;
    switch (message.delivery) {
      case DELIVERY.FIXED:
      case DELIVERY.LOWEST:
        if (!this.#softwareEnabled) return false;
        this.#accept(message.vector, message.levelTriggered);
        return true;
      case DELIVERY.NMI:
        this.#s.nmi = true;
        return true;
      case DELIVERY.EXTINT:
        this.#s.externalInterrupt = true;
        return true;
      case DELIVERY.INIT:
        this.host.initialize();
        return true;
      default:
        return true; // SMI: there is no system management mode; STARTUP: this CPU is running
    }
  }

  /** Level of a local interrupt pin. */
  setLint(pin: LintPin, level: boolean): void {
    const rose = level && !this.#s.lines[pin];
    this.#s.lines[pin] = level;
    if (pin === 'lint0' && !level) this.#s.externalInterrupt = false;
    const entry = this.#s.lvt[pin];
    if (!this.host.enabled()) {
      if (pin === 'lint1' && rose) this.#s.nmi = true;
      return;
    }
    if (entry & MASKED) return;
    if (deliveryOf(entry) === DELIVERY.NMI && rose) this.#s.nmi = true;
    else if (deliveryOf(entry) === DELIVERY.FIXED && entry & LEVEL_TRIGGERED) this.#serveLevel(pin);
    else if (deliveryOf(entry) === DELIVERY.FIXED && rose) this.#accept(entry & VECTOR_MASK, false);
  }

  #serveLevel(pin: LintPin): void {
    const entry = this.#s.lvt[pin];
    const wanted = deliveryOf(entry) === DELIVERY.FIXED && entry & LEVEL_TRIGGERED && !(entry & (MASKED | REMOTE_IRR));
    if (!wanted || !this.#s.lines[pin]) return;
    this.#s.lvt[pin] |= REMOTE_IRR;
    this.#accept(entry & VECTOR_MASK, true);
  }

  // Registers.

  /** Registers are doublewords on 16-byte boundaries; the rest of each line reads as 0. */
  read(_region: number, offset: number, size: AccessSize): number {
    if (!this.host.enabled()) return size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1;
    if (offset & 0xc) return 0;
    this.#settleEoi();
    const value = this.#readRegister(offset & ~3) >>> (8 * (offset & 3));
    return size === 4 ? value : value & (2 ** (8 * size) - 1);
  }

  /** Only aligned doublewords are written (SDM Vol. 3, 10.4.1). */
  write(_region: number, offset: number, size: AccessSize, value: number): void {
    if (this.host.enabled() && size === 4 && !(offset & 15)) this.#writeRegister(offset, value);
  }

  #readRegister(register: number): number {
    const lvt = LVT.find((row) => row.register === register);
    if (lvt) return this.#s.lvt[lvt.name];
    for (const [first, set] of [
      [ISR, this.#isr],
      [TMR, this.#tmr],
      [IRR, this.#irr],
    ] as const)
      if (register >= first && register < first + 0x80) return set.word((register - first) >>> 4);
    switch (register) {
      case ID:
        return (this.#s.id << 24) >>> 0;
      case VERSION:
        return VERSION_P6;
      case TPR:
        return this.#s.tpr;
      case APR:
        return this.#apr();
      case PPR:
        return this.#ppr();
      case EOI:
        return 0;
      case LDR:
        return this.#s.ldr;
      case DFR:
        return this.#s.dfr;
      case SVR:
        return this.#s.svr;
      case ESR:
        return this.#s.esr;
      case ICR_LOW:
        return this.#s.icrLow;
      case ICR_HIGH:
        return this.#s.icrHigh;
      case INITIAL_COUNT:
        return this.#timer.initial;
      case CURRENT_COUNT:
        return this.#timer.current;
      case DIVIDE:
        return this.#timer.configuration;
      default:
        this.#error(ERROR.ILLEGAL_REGISTER);
        return 0;
    }
  }

  #writeRegister(register: number, value: number): void {
    const lvt = LVT.find((row) => row.register === register);
    if (lvt) return this.#writeLvt(lvt, value);
    switch (register) {
      case ID:
        this.#s.id = (value >>> 24) & 15;
        return;
      case TPR:
        this.#s.tpr = value & 0xff;
        return;
      case EOI:
        this.withdrawEoiFlag();
        return this.#endOfInterrupt();
      case LDR:
        this.#s.ldr = (value & 0xff00_0000) >>> 0;
        return;
      case DFR:
        this.#s.dfr = (value | 0x0fff_ffff) >>> 0;
        return;
      case SVR:
        return this.#writeSvr(value);
      case ESR: // a write makes the errors since the last one visible
        this.#s.esr = this.#s.errors;
        this.#s.errors = 0;
        return;
      case ICR_LOW:
        this.#s.icrLow = (value & ICR_WRITABLE) >>> 0;
        return this.#send();
      case ICR_HIGH:
        this.#s.icrHigh = (value & 0x0f00_0000) >>> 0;
        return;
      case INITIAL_COUNT:
        this.#timer.initial = value;
        return;
      case DIVIDE:
        this.#timer.configuration = value;
        return;
      case VERSION:
      case APR:
      case PPR:
      case CURRENT_COUNT:
        return; // read-only
      default:
        if (register < ISR || register >= IRR + 0x80) this.#error(ERROR.ILLEGAL_REGISTER);
    }
  }

  #writeLvt({ name, writable }: (typeof LVT)[number], value: number): void {
    const mask = this.#softwareEnabled ? 0 : MASKED; // while software-disabled the mask bits stay set
    const kept = value & LEVEL_TRIGGERED ? this.#s.lvt[name] & REMOTE_IRR : 0;
    this.#s.lvt[name] = (value & writable) | kept | mask;
    if (name === 'timer') this.#configureTimer();
    if (name === 'lint0' || name === 'lint1') this.#serveLevel(name);
  }

  #configureTimer(): void {
    const { timer } = this.#s.lvt;
    this.#timer.configure((timer & LVT_PERIODIC) !== 0, !(timer & MASKED));
  }

  #writeSvr(value: number): void {
    this.#s.svr = (value & (VECTOR_MASK | SVR_ENABLE | (1 << 9))) | SVR_FIXED;
    if (this.#softwareEnabled) return;
    for (const { name } of LVT) this.#s.lvt[name] |= MASKED;
    this.#configureTimer();
  }

  #endOfInterrupt(): void {
    const vector = this.#isr.highest();
    if (vector < 0) return;
    this.#isr.delete(vector);
    if (!this.#tmr.has(vector)) return;
    for (const pin of ['lint0', 'lint1'] as const) {
      const entry = this.#s.lvt[pin];
      if (!(entry & REMOTE_IRR) || (entry & VECTOR_MASK) !== vector) continue;
      this.#s.lvt[pin] = entry & ~REMOTE_IRR;
      this.#serveLevel(pin);
    }
    this.host.endOfInterrupt(vector);
  }

  /** Writing the low half of the ICR sends an interprocessor interrupt; no other processor is there to take one. */
  #send(): void {
    const { icrLow, icrHigh } = this.#s;
    const delivery = deliveryOf(icrLow);
    const vector = icrLow & VECTOR_MASK;
    const fixed = delivery === DELIVERY.FIXED || delivery === DELIVERY.LOWEST;
    if (fixed && vector < LOWEST_VECTOR) return this.#error(ERROR.SEND_ILLEGAL_VECTOR);
    // INIT level de-assert only sets arbitration IDs.
    if (delivery === DELIVERY.INIT && icrLow & LEVEL_TRIGGERED && !(icrLow & (1 << 14))) return;
    const shorthand = (icrLow >>> 18) & 3;
    if (shorthand === SHORTHAND.OTHERS) return;
    const message = { delivery, vector, levelTriggered: false };
    const taken =
      shorthand === SHORTHAND.NONE
        ? this.receive({ ...message, destination: icrHigh >>> 24, logical: (icrLow & LOGICAL_DESTINATION) !== 0 })
        : this.receive({ ...message, destination: this.#s.id, logical: false });
    if (!taken && fixed) this.#error(ERROR.SEND_ACCEPT);
  }

  /** After RESET (SDM Vol. 3, 10.4.7.1): software-disabled, everything masked; the firmware makes it a virtual wire. The pins keep their levels. */
  reset(): void {
    this.#s = { ...powerOn(), lines: this.#s.lines };
    for (const set of [this.#isr, this.#tmr, this.#irr]) set.clear();
    this.#timer.reset();
  }

  save(): DeviceState {
    this.#settleEoi();
    return { ...structuredClone(this.#s), isr: this.#isr.save(), tmr: this.#tmr.save(), irr: this.#irr.save(), timer: this.#timer.save() };
  }

  restore(state: DeviceState): void {
    const { isr, tmr, irr, timer, ...rest } = structuredClone(state);
    this.#s = rest as ReturnType<typeof powerOn>;
    this.#isr.restore(isr as number[]);
    this.#tmr.restore(tmr as number[]);
    this.#irr.restore(irr as number[]);
    this.#timer.restore(timer as DeviceState);
  }
}
