/**
 * Memory operands wider than a doubleword: x87 formats, MMX and XMM registers, saved images. The whole operand is
 * checked before its first byte is read or changed, so that a fault leaves no part behind.
 */
import { GP, SS_FAULT } from '../../x86/exceptions';
import { SS } from '../../x86/registers';
import { PAGE } from '../../memory/layout';
import { segmentAllows } from './access';
import { check, type ExecutionContext, raise } from './context';

/** Linear address of [offset, offset + length) in a segment (by register number), or #GP(0), #SS(0). */
function locate({ cpu }: ExecutionContext, segment: number, offset: number, length: number, write: boolean): number {
  if (!segmentAllows(cpu.segment(segment), offset >>> 0, length, write)) raise(segment === SS ? SS_FAULT : GP);
  return (cpu.segmentBase(segment) + offset) >>> 0;
}

/** Fill `into` from the operand. Faults as the guest's access would. */
export function readWide(context: ExecutionContext, segment: number, offset: number, into: Uint8Array): void {
  const linear = locate(context, segment, offset, into.length, false);
  for (let at = 0; at < into.length; ) {
    const size = into.length - at >= 4 ? 4 : into.length - at >= 2 ? 2 : 1;
    const value = context.memory.read((linear + at) >>> 0, size);
    check(context);
    for (let n = 0; n < size; n++) into[at++] = value >>> (8 * n);
  }
}

/** Store `bytes` as the operand; nothing is stored when any part of it faults. */
export function writeWide(context: ExecutionContext, segment: number, offset: number, bytes: Uint8Array): void {
  const linear = locate(context, segment, offset, bytes.length, true);
  const last = (linear + bytes.length - 1) >>> 0;
  if (linear >>> 12 !== last >>> 12) {
    // Each page may be written, before any is.
    for (let page = linear; page - linear < bytes.length; page += PAGE - (page % PAGE)) {
      context.memory.read(page >>> 0, 1, true);
      check(context);
    }
  }
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.length - at >= 4 ? 4 : bytes.length - at >= 2 ? 2 : 1;
    let value = 0;
    for (let n = 0; n < size; n++) value |= bytes[at + n] << (8 * n);
    context.memory.write((linear + at) >>> 0, size, value);
    check(context);
    at += size;
  }
}
