/**
 * Ports that generated code accesses by itself: what a steady one gives when a byte is read lies in the VM's memory, and what is written to
 * a plain one stays there until somebody looks at devices. All latches end together, with their generation: when a device is accessed in
 * another way or a turn of the run loop begins, for the devices then may give something else; and when whoever runs generated code wants
 * to look around behind the next port access (ATTEND).
 */
import type { Bus } from '../devices/bus';
import { LATCHED_PORTS, PORT_READS, PORT_WRITES } from '../memory/layout';
import { CPU, type CpuState } from '../x86/cpuState';

/** A generation that no entry ever has. */
const NO_GENERATION = -1;
const LAST_GENERATION = 0xfffffe;

export class PortLatches {
  #generation = 0;
  /** Ports with a latch for what is written: devices have not been told of that yet. */
  readonly #written: number[] = [];
  /** No port may be latched: a timer has been armed in this turn, and the device may do something before its end. */
  #blocked = true;

  constructor(
    private readonly cpu: CpuState,
    private readonly bus: () => Bus,
    /** False: somebody may have to see each access, and no port is ever latched. */
    private readonly usable: boolean,
  ) {
    this.#forgetAll();
  }

  #forgetAll(): void {
    for (const table of [PORT_READS, PORT_WRITES]) this.cpu.i32.fill(NO_GENERATION, table >> 2, (table >> 2) + LATCHED_PORTS);
  }

  /** A turn of the run loop begins. */
  open(): void {
    this.#blocked = !this.usable;
  }

  /** No more latches before the next turn. */
  block(): void {
    this.#blocked = true;
    this.cpu.set(CPU.PORT_GENERATION, 0);
  }

  canRead(port: number): boolean {
    return port < LATCHED_PORTS && !this.#blocked && this.bus().isSteadyPort(port);
  }

  canWrite(port: number): boolean {
    return port < LATCHED_PORTS && !this.#blocked && this.bus().isPlainPort(port);
  }

  /** The generation ends, and devices get what was written. */
  settle(): void {
    this.cpu.set(CPU.PORT_GENERATION, 0);
    if (this.#written.length === 0) return;
    for (const port of this.#written) this.bus().writePort(port, 1, this.cpu.get(PORT_WRITES + 4 * port) & 0xff);
    this.#written.length = 0;
  }

  /** Before the access of a port that is to be latched: devices are up to date if the last generation has ended. */
  begin(): void {
    if (this.cpu.get(CPU.PORT_GENERATION) !== 0) return;
    this.settle();
    if (this.#generation === LAST_GENERATION) {
      this.#generation = 0;
      this.#forgetAll();
    }
    this.cpu.set(CPU.PORT_GENERATION, ++this.#generation << 8);
  }

  /** A read of a steady port has given this. */
  keepRead(port: number, value: number): void {
    this.cpu.set(PORT_READS + 4 * port, this.cpu.get(CPU.PORT_GENERATION) | value);
  }

  /** This was written to a plain port. */
  keepWrite(port: number, value: number): void {
    this.keepRead(port, value);
    this.cpu.set(PORT_WRITES + 4 * port, this.cpu.get(CPU.PORT_GENERATION) | value);
    this.#written.push(port);
  }
}
