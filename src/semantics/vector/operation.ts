/** What the operation of a vector instruction is given: its operands as views of registers, or of what was or will be in memory. */
import type { CpuState } from '../../x86/cpuState';
import type { FloatEnvironment } from './mxcsr';

export interface OperationContext {
  readonly cpu: CpuState;
  readonly float: FloatEnvironment;
  readonly immediate: number;
}

/**
 * `source` is as wide as its register or its memory operand, whichever it is; `destination` likewise. Both may be the same
 * register. An operation that can raise #XM writes nothing before it has settled its exceptions.
 */
export type Operation = (destination: DataView, source: DataView, context: OperationContext) => void;

export type Operations = Readonly<Record<string, Operation>>;

/** Copy `length` bytes, doubleword by doubleword, the lowest first. */
export function copyBytes(destination: DataView, to: number, source: DataView, from: number, length: number): void {
  for (let at = 0; at < length; at += 4) destination.setUint32(to + at, source.getUint32(from + at, true), true);
}

/** Clear the destination from byte `from` on, a multiple of four. */
export function clearBytes(destination: DataView, from: number): void {
  for (let at = from; at < destination.byteLength; at += 4) destination.setUint32(at, 0, true);
}
