/**
 * How a PC/AT is told of x87 errors: FERR# of the processor latches IRQ 13; a write to port F0h clears it and asserts IGNNE#,
 * under which x87 instructions go on, until the processor has no error any more (SDM Vol. 1, appendix D.2; 82371 datasheet).
 */
import { ByteDevice } from './byteDevice';
import type { DeviceState, IrqLine } from './contract';

export class Coprocessor extends ByteDevice {
  readonly name = 'coprocessor';
  #error = false;
  #ignored = false;

  constructor(private readonly irq: IrqLine) {
    super();
  }

  /** IGNNE#. */
  get ignored(): boolean {
    return this.#ignored;
  }

  /** FERR# was asserted. */
  assert(): void {
    if (this.#ignored || this.#error) return;
    this.#error = true;
    this.irq.raise();
  }

  /** FERR# was released: IRQ 13 stays latched, errors count again. */
  release(): void {
    this.#ignored = false;
  }

  protected readByte(): number {
    return 0xff;
  }

  protected writeByte(): void {
    if (!this.#error) return;
    this.#error = false;
    this.#ignored = true;
    this.irq.lower();
  }

  reset(): void {
    this.#error = this.#ignored = false;
    this.irq.lower();
  }

  save(): DeviceState {
    return { error: this.#error, ignored: this.#ignored };
  }

  restore(state: DeviceState): void {
    this.#error = state.error as boolean;
    this.#ignored = state.ignored as boolean;
  }
}
