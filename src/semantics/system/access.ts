/** Exact segment checks and the slow path of loads and stores (SDM Vol. 3, 5.3 to 5.5). */
import { ATTR_CODE, ATTR_DB, ATTR_DC, ATTR_P, ATTR_RW, ATTR_S, CPU, type SegmentCache } from '../../x86/cpuState';
import { GP, SS_FAULT } from '../../x86/exceptions';
import { SS } from '../../x86/registers';
import type { ExecutionContext } from './context';

type Size = 1 | 2 | 4;

/** May [offset, offset + size) be accessed through the segment? */
export function segmentAllows({ attributes, limit }: SegmentCache, offset: number, size: number, write: boolean): boolean {
  if ((attributes & (ATTR_P | ATTR_S)) !== (ATTR_P | ATTR_S)) return false;
  const code = (attributes & ATTR_CODE) !== 0;
  if (write ? code || !(attributes & ATTR_RW) : code && !(attributes & ATTR_RW)) return false;
  const last = offset + size - 1;
  if (!code && attributes & ATTR_DC) return offset > limit && last <= (attributes & ATTR_DB ? 0xffffffff : 0xffff);
  // A flat 4-GiB segment wraps at the top of the address space.
  return last <= limit || limit === 0xffffffff;
}

/** Set the pending-fault cells unless the access is allowed. */
function checkSegment(context: ExecutionContext, segment: number, offset: number, size: number, write: boolean): boolean {
  if (context.cpu.plainlyAllows(segment, offset, size, write) || segmentAllows(context.cpu.segment(segment), offset, size, write)) return true;
  context.cpu.set(CPU.FAULT, (segment === SS ? SS_FAULT : GP) + 1);
  context.cpu.set(CPU.FAULT_CODE, 0);
  return false;
}

/** Load that the inline check refused: the value, or 0 with the fault cells set. `update`: write permission is needed too. */
export function readSlow(context: ExecutionContext, segment: number, offset: number, size: Size, update: boolean): number {
  if (!checkSegment(context, segment, offset >>> 0, size, update)) return 0;
  return context.memory.read((context.cpu.segmentBase(segment) + (offset >>> 0)) >>> 0, size, update);
}

export function writeSlow(context: ExecutionContext, segment: number, offset: number, size: Size, value: number): void {
  if (!checkSegment(context, segment, offset >>> 0, size, true)) return;
  context.memory.write((context.cpu.segmentBase(segment) + (offset >>> 0)) >>> 0, size, value >>> 0);
}
