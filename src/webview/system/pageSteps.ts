/** The translation of a linear address, step by step. Pure: no DOM. */
import { hexh } from '../../base/bits';
import type { GuestTableEntry, NestedColumn, PageWalkRow, ShadowColumn } from '../../protocol/pageWalk';

export interface WalkStep {
  readonly title: string;
  /** The value that it is about, as the manual prints numbers. */
  readonly value: string;
  readonly lines: readonly string[];
  /** A way that ends here. */
  readonly fault?: true;
}

const PTE_BITS: readonly (readonly [name: string, bit: number])[] = [
  ['P', 0],
  ['R/W', 1],
  ['U/S', 2],
  ['PWT', 3],
  ['PCD', 4],
  ['A', 5],
  ['D', 6],
  ['PS', 7],
  ['G', 8],
];

/** `P R/W U/S A`: the bits that are set (SDM Vol. 3, tables 4-4 to 4-6). */
export const entryBits = (value: number): string =>
  PTE_BITS.filter(([, bit]) => value & (1 << bit))
    .map(([name]) => name)
    .join(' ') || 'no bit set: not present';

const rights = (value: number): string => `${value & 2 ? 'writable' : 'read-only'}, ${value & 4 ? 'user' : 'supervisor'}`;

const ERROR_BITS: readonly (readonly [name: string, bit: number])[] = [
  ['P', 0],
  ['W/R', 1],
  ['U/S', 2],
  ['RSVD', 3],
];

const indices = (address: number, pae: boolean): string =>
  pae
    ? `directory pointer ${address >>> 30}, directory ${(address >>> 21) & 0x1ff}, table ${(address >>> 12) & 0x1ff}, offset ${hexh(address & 0xfff, 3)}`
    : `directory ${address >>> 22}, table ${(address >>> 12) & 0x3ff}, offset ${hexh(address & 0xfff, 3)}`;

function entryStep({ level, at, value }: GuestTableEntry): WalkStep {
  const large = level === 'directory' && (value & 0x81) === 0x81;
  const leaf = level === 'table' || large;
  return {
    title: level === 'directory' ? 'Page-directory entry' : 'Page-table entry',
    value: hexh(value, 8),
    lines: [
      `at physical ${hexh(at, 8)}`,
      entryBits(value),
      ...(value & 1 ? [rights(value), leaf ? `${large ? 'large ' : ''}page at ${hexh(value & ~0xfff, 8)}` : `table at ${hexh(value & ~0xfff, 8)}`] : []),
    ],
  };
}

/** By the guest's own tables. */
export function guestSteps({ guest }: PageWalkRow, address: number, pae: boolean): WalkStep[] {
  const { entries, physical, errorCode } = guest;
  const first: WalkStep = {
    title: 'Linear address',
    value: hexh(address, 8),
    lines: entries.length > 0 ? [indices(address, pae)] : ['paging is off: it is the physical address'],
  };
  const last: WalkStep =
    physical === undefined
      ? {
          title: 'Page fault',
          value: `error code ${hexh(errorCode ?? 0, 4)}`,
          lines: [
            ERROR_BITS.filter(([, bit]) => (errorCode ?? 0) & (1 << bit))
              .map(([name]) => name)
              .join(' ') || 'read by a supervisor, page not present',
          ],
          fault: true,
        }
      : { title: 'Guest-physical address', value: hexh(physical + (address & 0xfff), 8), lines: [] };
  return [first, ...entries.map(entryStep), last];
}

const SHADOW_KINDS: Readonly<Record<ShadowColumn['kind'], string>> = {
  mapped: 'maps the page as the guest does',
  traced: 'maps it read-only: the VMM sees every store',
  vmm: 'a page of the VMM itself, which the guest must not reach',
  hidden: 'no entry yet: an access is a hidden page fault, and the VMM fills it',
  absent: 'no entry, as in the guest’s tables: an access is the guest’s own page fault',
};

/** By one root of the VMM's shadow page tables. */
export const shadowSteps = ({ view, kind, entry, table }: ShadowColumn): WalkStep[] => [
  {
    title: `Root for the guest’s ${view === 'shared' ? 'kernel and user code' : `${view} code`}`,
    value: table === undefined ? 'no table' : `table at ${hexh(table, 8)}`,
    lines: table === undefined ? [] : ['in the VM’s memory, where no guest-physical address leads'],
  },
  {
    title: 'Shadow entry',
    value: hexh(entry, 8),
    lines: [...(entry & 1 ? [entryBits(entry & 0x1ff), rights(entry)] : []), SHADOW_KINDS[kind]],
    ...(kind === 'hidden' || kind === 'absent' ? { fault: true as const } : {}),
  },
];

/** By the extended page tables. */
export function nestedSteps({ at, permissions }: NestedColumn): WalkStep[] {
  const allowed = ['R', 'W', 'X'].filter((_, bit) => permissions & (1 << bit)).join(' ');
  return [
    { title: 'Leaf entry of the extended page tables', value: at === undefined ? 'no table' : `at ${hexh(at, 8)}`, lines: at === undefined ? [] : ['host-physical'] },
    { title: 'Allows', value: allowed || 'nothing', lines: allowed ? [] : ['an access is an EPT violation'], ...(allowed ? {} : { fault: true as const }) },
  ];
}
