/** The translation of a linear address, step by step. Pure: no DOM. */
import { hexh } from '../../base/bits';
import type { GuestTableEntry, NestedColumn, PageWalkRow, ShadowColumn } from '../../protocol/pageWalk';
import { msg, t } from '../text';

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
    .join(' ') || t('no bit set: not present');

const rights = (value: number): string => `${value & 2 ? t('writable') : t('read-only')}, ${value & 4 ? t('user') : t('supervisor')}`;

const ERROR_BITS: readonly (readonly [name: string, bit: number])[] = [
  ['P', 0],
  ['W/R', 1],
  ['U/S', 2],
  ['RSVD', 3],
];

const indices = (address: number, pae: boolean): string =>
  pae
    ? t('directory pointer {0}, directory {1}, table {2}, offset {3}', address >>> 30, (address >>> 21) & 0x1ff, (address >>> 12) & 0x1ff, hexh(address & 0xfff, 3))
    : t('directory {0}, table {1}, offset {2}', address >>> 22, (address >>> 12) & 0x3ff, hexh(address & 0xfff, 3));

function entryStep({ level, at, value }: GuestTableEntry): WalkStep {
  const large = level === 'directory' && (value & 0x81) === 0x81;
  const leaf = level === 'table' || large;
  return {
    title: level === 'directory' ? t('Page-directory entry') : t('Page-table entry'),
    value: hexh(value, 8),
    lines: [
      t('at physical {0}', hexh(at, 8)),
      entryBits(value),
      ...(value & 1 ? [rights(value), t(leaf ? (large ? msg('large page at {0}') : msg('page at {0}')) : msg('table at {0}'), hexh(value & ~0xfff, 8))] : []),
    ],
  };
}

/** By the guest's own tables. */
export function guestSteps({ guest }: PageWalkRow, address: number, pae: boolean): WalkStep[] {
  const { entries, physical, errorCode } = guest;
  const first: WalkStep = {
    title: t('Linear address'),
    value: hexh(address, 8),
    lines: entries.length > 0 ? [indices(address, pae)] : [t('paging is off: it is the physical address')],
  };
  const last: WalkStep =
    physical === undefined
      ? {
          title: t('Page fault'),
          value: t('error code {0}', hexh(errorCode ?? 0, 4)),
          lines: [
            ERROR_BITS.filter(([, bit]) => (errorCode ?? 0) & (1 << bit))
              .map(([name]) => name)
              .join(' ') || t('read by a supervisor, page not present'),
          ],
          fault: true,
        }
      : { title: t('Guest-physical address'), value: hexh(physical + (address & 0xfff), 8), lines: [] };
  return [first, ...entries.map(entryStep), last];
}

const SHADOW_KINDS: Readonly<Record<ShadowColumn['kind'], string>> = {
  mapped: t('maps the page as the guest does'),
  traced: t('maps it read-only: the VMM sees every store'),
  vmm: t('a page of the VMM itself, which the guest must not reach'),
  hidden: t('no entry yet: an access is a hidden page fault, and the VMM fills it'),
  absent: t('no entry, as in the guest’s tables: an access is the guest’s own page fault'),
};

/** By one root of the VMM's shadow page tables. */
const ROOTS: Readonly<Record<string, string>> = {
  shared: t('Root for the guest’s kernel and user code'),
  kernel: t('Root for the guest’s kernel code'),
  user: t('Root for the guest’s user code'),
};

export const shadowSteps = ({ view, kind, entry, table }: ShadowColumn): WalkStep[] => [
  {
    title: ROOTS[view] ?? view,
    value: table === undefined ? t('no table') : t('table at {0}', hexh(table, 8)),
    lines: table === undefined ? [] : [t('in the VM’s memory, where no guest-physical address leads')],
  },
  {
    title: t('Shadow entry'),
    value: hexh(entry, 8),
    lines: [...(entry & 1 ? [entryBits(entry & 0x1ff), rights(entry)] : []), SHADOW_KINDS[kind]],
    ...(kind === 'hidden' || kind === 'absent' ? { fault: true as const } : {}),
  },
];

/** By the extended page tables. */
export function nestedSteps({ at, permissions }: NestedColumn): WalkStep[] {
  const allowed = ['R', 'W', 'X'].filter((_, bit) => permissions & (1 << bit)).join(' ');
  return [
    { title: t('Leaf entry of the extended page tables'), value: at === undefined ? t('no table') : t('at {0}', hexh(at, 8)), lines: at === undefined ? [] : [t('host-physical')] },
    { title: t('Allows'), value: allowed || t('nothing'), lines: allowed ? [] : [t('an access is an EPT violation')], ...(allowed ? {} : { fault: true as const }) },
  ];
}
