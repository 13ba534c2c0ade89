/** The paravirtual side of one VM: checks a hypercall against its row of the table, performs it, and keeps what calls have set. */
import type { Clock, DeviceState } from '../../devices/contract';
import { hexh } from '../../base/bits';
import { PAGE } from '../../memory/layout';
import { type ExecutionContext, GuestFault } from '../../semantics/system/context';
import { CPU } from '../../x86/cpuState';
import { EAX, EBX, ECX, EDX, ESI } from '../../x86/registers';
import { CALLS } from './calls';
import { EventChannel } from './eventChannel';
import { GuestBuffer } from './guestBuffer';
import { Mailbox } from './mailbox';
import { ParavirtualConsole, type ParavirtualDisk, ParavirtualTimer } from './paravirtualDevices';
import { HYPERCALL_ERRORS, type HypercallArgument, type HypercallError, type HypercallName, type HypercallSpec, hypercallOf } from './table';
import { TrapTable } from './trapTable';

const ARGUMENT_REGISTERS = [EBX, ECX, EDX, ESI];

/** What hypercalls reach outside the CPU and its memory. */
export interface ParavirtualPlatform {
  readonly clock: Clock;
  readonly disk?: ParavirtualDisk;
  print(bytes: Uint8Array): void;
  shutdown(code: number): void;
}

/** Arguments of one call, checked: numbers by name, and the memory that pointers lead to. */
export interface CheckedCall {
  value(name: string): number;
  buffer(name: string): GuestBuffer;
}

/** A call's result: what EAX gets, or an error's name. */
export type HypercallResult = number | HypercallError;

export interface HypercallOutcome {
  readonly result: HypercallResult;
  /** The call has put EAX in place itself. */
  readonly keepsEax?: true;
}

export class Hypercalls {
  readonly events: EventChannel;
  readonly console: ParavirtualConsole;
  readonly mailbox: Mailbox;
  readonly traps = new TrapTable();
  #timer: ParavirtualTimer | undefined;
  #platform: ParavirtualPlatform | undefined;
  /** The guest has made a call: until then this machine is like any other. */
  used = false;

  /** `syncClock` brings the clock to the instruction that calls. */
  constructor(
    readonly context: ExecutionContext,
    readonly syncClock: () => void,
  ) {
    this.events = new EventChannel(context.cpu, context.memory.physical);
    this.console = new ParavirtualConsole(this.events);
    this.mailbox = new Mailbox(this.events);
  }

  attach(platform: ParavirtualPlatform): void {
    this.#platform = platform;
  }

  get platform(): ParavirtualPlatform {
    return this.#platform!;
  }

  get timer(): ParavirtualTimer {
    this.#timer ??= new ParavirtualTimer(this.platform.clock, this.events);
    return this.#timer;
  }

  /** The call that EAX names, for a report: `disk_read(sector 0h, buffer 8000h, count 1h)`. */
  describe(): string {
    const spec = hypercallOf(this.#number);
    if (!spec) return `number ${hexh(this.#number)}`;
    const values = spec.arguments.map(({ name }, n) => `${name} ${hexh(this.#argument(n))}`);
    return `${spec.name}(${values.join(', ')})`;
  }

  get name(): string {
    return hypercallOf(this.#number)?.name ?? 'unknown';
  }

  get #number(): number {
    return this.context.cpu.reg(EAX);
  }

  #argument(n: number): number {
    return this.context.cpu.reg(ARGUMENT_REGISTERS[n]);
  }

  /** Perform the call of an instruction of `length` bytes at EIP; returns what became of it, to end a sentence with. Throws GuestFault, with nothing changed, where the guest is to get a fault instead. */
  perform(length: number): string {
    const { cpu } = this.context;
    const [eax, eip, esp] = [cpu.reg(EAX), cpu.eip, cpu.reg(4)];
    cpu.eip = (eip + length) >>> 0;
    this.syncClock();
    this.used ||= hypercallOf(this.#number) !== undefined;
    try {
      const { result, keepsEax } = this.#call();
      if (!keepsEax) cpu.setReg(EAX, typeof result === 'number' ? result : -HYPERCALL_ERRORS[result].code);
      return typeof result === 'number' ? `result ${hexh(result >>> 0)}.` : `refused, ${result}: ${HYPERCALL_ERRORS[result].text}`;
    } catch (fault) {
      if (!(fault instanceof GuestFault)) throw fault;
      cpu.set(CPU.FAULT, 0);
      cpu.setReg(EAX, eax);
      cpu.setReg(4, esp);
      cpu.eip = eip;
      throw fault;
    }
  }

  #call(): HypercallOutcome {
    const spec = hypercallOf(this.#number);
    if (this.context.cpu.cpl === 3) return { result: 'EPERM' };
    // Numbers of KVM's interface, where it is there.
    if (!spec) return { result: this.context.paravirtual?.hypercall() ?? 'ENOSYS' };
    const checked = this.#check(spec);
    if (typeof checked === 'string') return { result: checked };
    const outcome = CALLS[spec.name as HypercallName](this, checked);
    return typeof outcome === 'object' ? outcome : { result: outcome };
  }

  #check(spec: HypercallSpec): CheckedCall | HypercallError {
    const values = new Map(spec.arguments.map(({ name }, n) => [name, this.#argument(n)]));
    const buffers = new Map<string, GuestBuffer>();
    const refused = spec.arguments.map((argument) => this.#refusal(argument, values.get(argument.name)!)).find((error) => error !== undefined);
    if (refused) return refused;
    for (const argument of spec.arguments) {
      if (argument.kind !== 'in' && argument.kind !== 'out') continue;
      const length = values.get(argument.count)! * argument.each;
      const buffer = GuestBuffer.open(this.context.memory, values.get(argument.name)!, length, argument.kind === 'out');
      if (!buffer) return 'EFAULT';
      buffers.set(argument.name, buffer);
    }
    return { value: (name) => values.get(name)!, buffer: (name) => buffers.get(name)! };
  }

  #refusal(argument: HypercallArgument, value: number): HypercallError | undefined {
    if (argument.kind === 'value') return argument.max !== undefined && value > argument.max ? 'EINVAL' : undefined;
    if (argument.kind !== 'page') return undefined;
    return value % PAGE !== 0 || !this.context.memory.physical.isRam(value) ? 'EINVAL' : undefined;
  }

  reset(): void {
    this.events.reset();
    this.console.reset();
    this.mailbox.reset();
    this.traps.reset();
    this.#timer?.reset();
    this.used = false;
  }

  save(): DeviceState {
    return { used: this.used, timer: this.#timer !== undefined, events: this.events.save(), console: this.console.save(), mailbox: this.mailbox.save(), traps: this.traps.save() };
  }

  /** Before the clock's state, which has the timer's appointment. */
  restore(state: DeviceState): void {
    if (state.timer) void this.timer;
    this.used = state.used as boolean;
    this.events.restore(state.events as DeviceState);
    this.console.restore(state.console as DeviceState);
    this.mailbox.restore(state.mailbox as DeviceState);
    this.traps.restore(state.traps as DeviceState);
  }
}
