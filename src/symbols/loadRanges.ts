/**
 * Where a program lies before it has paging: a kernel that is linked high is loaded at its segments' physical addresses (p_paddr)
 * and runs there until its own page tables take it where it was linked.
 */
import type { ElfSegment } from './elf32';

/** Memory that a segment was loaded into, when that is not where it was linked. */
export interface LoadRange {
  readonly first: number;
  readonly last: number;
  /** Added to an address here, modulo 2^32, it is the one that was linked. */
  readonly toLinked: number;
}

/** `linkOffset` and `loadOffset`: what is added to the addresses that were linked, and to the physical ones. */
export const loadRanges = (segments: readonly ElfSegment[], linkOffset: number, loadOffset: number): LoadRange[] =>
  segments
    .map(({ virtualAddress, physicalAddress, memorySize }) => {
      const first = (physicalAddress + loadOffset) >>> 0;
      return { first, last: first + memorySize - 1, toLinked: (virtualAddress + linkOffset - first) >>> 0 };
    })
    .filter(({ toLinked }) => toLinked !== 0);

/** The address that was linked for what lies at `loaded`; undefined outside of the ranges. */
export function linkedOf(ranges: readonly LoadRange[], loaded: number): number | undefined {
  const range = ranges.find(({ first, last }) => loaded >= first && loaded <= last);
  return range && (loaded + range.toLinked) >>> 0;
}

/** Where what was linked for `linked` has been loaded; undefined where that is nowhere else. */
export function loadedOf(ranges: readonly LoadRange[], linked: number): number | undefined {
  const range = ranges.find(({ first, last, toLinked }) => (linked - toLinked) >>> 0 >= first && (linked - toLinked) >>> 0 <= last);
  return range && (linked - range.toLinked) >>> 0;
}
