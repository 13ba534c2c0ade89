/**
 * Memory operands wider than a doubleword: x87 formats, MMX and XMM registers, saved images. The whole operand is
 * checked before its first byte is read or changed, so that a fault leaves no part behind.
 */
import { CPU } from '../../x86/cpuState';
import { GP, SS_FAULT } from '../../x86/exceptions';
import { SS } from '../../x86/registers';
import { PAGE } from '../../memory/layout';
import { segmentAllows } from './access';
import { check, type ExecutionContext, raise } from './context';

/** Linear address of [offset, offset + length) in a segment (by register number), or #GP(0), #SS(0); #GP(0) where it is not aligned. */
function locate({ cpu }: ExecutionContext, segment: number, offset: number, length: number, write: boolean, alignment: number): number {
  if (!segmentAllows(cpu.segment(segment), offset >>> 0, length, write)) raise(segment === SS ? SS_FAULT : GP);
  const linear = (cpu.segmentBase(segment) + offset) >>> 0;
  if (linear % alignment !== 0) raise(GP);
  return linear;
}

/** The operand where it is, if it can be accessed there like any memory; undefined otherwise, and when its pages would fault. */
export function viewWide(context: ExecutionContext, segment: number, offset: number, length: number, write: boolean, alignment = 1): DataView | undefined {
  const host = context.memory.hostOffset(locate(context, segment, offset, length, write, alignment), length, write);
  return host < 0 ? undefined : new DataView(context.cpu.u8.buffer, host, length);
}

/** Fill `into` from the operand. Faults as the guest's access would. */
export function readWide(context: ExecutionContext, segment: number, offset: number, into: Uint8Array, alignment = 1): void {
  const linear = locate(context, segment, offset, into.length, false, alignment);
  for (let at = 0; at < into.length; ) {
    const size = into.length - at >= 4 ? 4 : into.length - at >= 2 ? 2 : 1;
    const value = context.memory.read((linear + at) >>> 0, size);
    check(context);
    for (let n = 0; n < size; n++) into[at++] = value >>> (8 * n);
  }
}

/** Fault as a store of `length` bytes would: each page may be written, before any is. Gives the linear address. */
export function checkWritable(context: ExecutionContext, segment: number, offset: number, length: number, alignment = 1): number {
  const linear = locate(context, segment, offset, length, true, alignment);
  for (let page = linear; page - linear < length; page += PAGE - (page % PAGE)) {
    context.memory.read(page >>> 0, 1, true);
    check(context);
  }
  return linear;
}

/** Store `bytes` as the operand; nothing is stored when any part of it faults. */
export function writeWide(context: ExecutionContext, segment: number, offset: number, bytes: Uint8Array, alignment = 1): void {
  const linear = locate(context, segment, offset, bytes.length, true, alignment);
  if (linear % PAGE > PAGE - bytes.length) checkWritable(context, segment, offset, bytes.length, alignment);
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.length - at >= 4 ? 4 : bytes.length - at >= 2 ? 2 : 1;
    let value = 0;
    for (let n = 0; n < size; n++) value |= bytes[at + n] << (8 * n);
    context.memory.write((linear + at) >>> 0, size, value);
    check(context);
    at += size;
  }
}

/** The VECTOR cells: the low `length` bytes from memory, the rest of 16 zero. */
export function readVector(context: ExecutionContext, segment: number, offset: number, length: number, alignment: number): void {
  const cells = context.cpu.u8.subarray(CPU.VECTOR, CPU.VECTOR + 16);
  cells.fill(0);
  readWide(context, segment, offset, cells.subarray(0, length), alignment);
}

/** The low `length` bytes of the VECTOR cells to memory. */
export function writeVector(context: ExecutionContext, segment: number, offset: number, length: number, alignment: number): void {
  writeWide(context, segment, offset, context.cpu.u8.subarray(CPU.VECTOR, CPU.VECTOR + length), alignment);
}
