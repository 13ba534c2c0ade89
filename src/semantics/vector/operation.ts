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

/** Copy `length` bytes; the views may overlap. */
export const copyBytes = (destination: DataView, to: number, source: DataView, from: number, length: number): void =>
  new Uint8Array(destination.buffer, destination.byteOffset + to, length).set(new Uint8Array(source.buffer, source.byteOffset + from, length));

export const clearBytes = (destination: DataView, from: number): void => {
  new Uint8Array(destination.buffer, destination.byteOffset + from, destination.byteLength - from).fill(0);
};
