/** Records that are made to stop for a while: behind the instruction under way, or where a part of a block ends. */
import type { CodeCache } from './codeCache';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';

/** A record that is something else just now, and what it was. */
interface Held {
  readonly record: number;
  readonly block: number;
  readonly handler: number;
  readonly count: number;
}

export class RecordStops {
  readonly #view: DataView;
  /** Behind the instruction under way. */
  #leaving: Held | undefined;
  /** At the end of a part. */
  #part: Held | undefined;

  constructor(
    memory: WebAssembly.Memory,
    readonly cache: CodeCache,
  ) {
    this.#view = new DataView(memory.buffer);
  }

  /** Does this record hold what it was translated to? */
  isFree(record: number): boolean {
    return this.#leaving?.record !== record && this.#part?.record !== record;
  }

  /** The instruction of a record is to be the last of this call into generated code; `release` undoes it. */
  leaveBehind(instruction: number): void {
    if (this.#leaving) return;
    const record = instruction + RECORD_SIZE;
    const held = this.#read(record);
    // Behind a control transfer, which ends its block and leaves by itself or at the next time, there is no instruction.
    if (held.handler === PSEUDO.LINK || held.block !== this.#read(instruction).block) return;
    this.#leaving = held;
    this.#view.setUint16(record + RECORD.HANDLER, PSEUDO.INVALIDATED, true);
    if (held.handler === PSEUDO.FALL_THROUGH) this.#view.setUint8(record + RECORD.COUNT, held.count + 1); // as in CodeCache.invalidate
  }

  /** The call into generated code has ended. Was it to? */
  release(): boolean {
    const leaving = this.#leaving;
    this.#leaving = undefined;
    if (leaving) this.#putBack(leaving);
    return leaving !== undefined;
  }

  /** Stops at a record while `run` runs. */
  before<T>(record: number, run: () => T): T {
    const part = this.#read(record);
    this.#part = part;
    this.#view.setUint16(record + RECORD.HANDLER, PSEUDO.STOP, true);
    try {
      return run();
    } finally {
      this.#part = undefined;
      this.#putBack(part);
    }
  }

  #read(record: number): Held {
    return {
      record,
      block: this.#view.getInt32(record + RECORD.BLOCK, true),
      handler: this.#view.getUint16(record + RECORD.HANDLER, true),
      count: this.#view.getUint8(record + RECORD.COUNT),
    };
  }

  /** A block that was thrown away meanwhile stays so. */
  #putBack({ record, block, handler, count }: Held): void {
    if (!this.cache.byId.has(block)) return;
    this.#view.setUint16(record + RECORD.HANDLER, handler, true);
    this.#view.setUint8(record + RECORD.COUNT, count);
  }
}
