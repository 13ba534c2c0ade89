/**
 * Handlers and kernel stack that a paravirtualized guest has registered: they take the place of IDT and TSS in memory when
 * the VMM delivers an exception, an event or INT n on the virtual CPU.
 */
import type { DeviceState } from '../../devices/contract';
import type { RegisteredTraps } from '../../semantics/system/context';
import { TYPE_INTERRUPT_GATE_32, TYPE_TRAP_GATE_32 } from '../../semantics/system/descriptors';
import { TRAP_FLAGS } from './table';

const ENTRY_BYTES = 8;
const PRESENT = 0x80;

export class TrapTable implements RegisteredTraps {
  /** Gates as in an IDT, by vector. */
  #gates: (readonly [low: number, high: number] | undefined)[] | undefined;
  kernelStack: { selector: number; esp: number } | undefined;

  gate(vector: number): readonly [low: number, high: number] | undefined {
    return this.#gates ? (this.#gates[vector] ?? [0, 0]) : undefined;
  }

  /** False for bytes that are no table. */
  register(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const gates = new Array<readonly [number, number] | undefined>(256);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const flags = view.getUint8(at + 1);
      if (flags & ~(TRAP_FLAGS.DPL.mask | TRAP_FLAGS.MASK_EVENTS.mask)) return false;
      const type = flags & TRAP_FLAGS.MASK_EVENTS.mask ? TYPE_INTERRUPT_GATE_32 : TYPE_TRAP_GATE_32;
      const access = PRESENT | ((flags & TRAP_FLAGS.DPL.mask) << 5) | type;
      const handler = view.getUint32(at + 4, true);
      gates[view.getUint8(at)] = [(view.getUint16(at + 2, true) << 16) | (handler & 0xffff), (handler & 0xffff0000) | (access << 8)];
    }
    this.#gates = bytes.length > 0 ? gates : undefined;
    return true;
  }

  setKernelStack(selector: number, esp: number): void {
    this.kernelStack = { selector, esp };
  }

  reset(): void {
    this.#gates = undefined;
    this.kernelStack = undefined;
  }

  save(): DeviceState {
    const gates = this.#gates?.flatMap((gate, vector) => (gate ? [vector, ...gate] : [])) ?? null;
    return { gates, stack: this.kernelStack ? { ...this.kernelStack } : null };
  }

  restore(state: DeviceState): void {
    const gates = state.gates as number[] | null;
    this.#gates = gates ? new Array(256) : undefined;
    for (let n = 0; gates && n < gates.length; n += 3) this.#gates![gates[n]] = [gates[n + 1], gates[n + 2]];
    this.kernelStack = (state.stack as { selector: number; esp: number } | null) ?? undefined;
  }
}
