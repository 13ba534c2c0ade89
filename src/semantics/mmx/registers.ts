/** MM0 to MM7: the significands of R0 to R7 (SDM Vol. 1, 9.6.2). A written one has all ones as sign and exponent. */
import { CPU, type CpuState } from '../../x86/cpuState';

const STRIDE = 16;

export class MmxRegisters {
  readonly #views: readonly DataView[];
  /** A source that is not a register. */
  readonly memory = new DataView(new ArrayBuffer(8));

  constructor(private readonly cpu: CpuState) {
    this.#views = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => new DataView(cpu.memory.buffer, CPU.X87 + STRIDE * n, 8));
  }

  read(n: number): DataView {
    return this.#views[n];
  }

  /** A register about to be written. */
  destination(n: number): DataView {
    const at = CPU.X87 + STRIDE * n + 8;
    this.cpu.u8[at] = this.cpu.u8[at + 1] = 0xff;
    return this.#views[n];
  }

  fromMemory(low: number, high: number): DataView {
    this.memory.setInt32(0, low, true);
    this.memory.setInt32(4, high, true);
    return this.memory;
  }
}
