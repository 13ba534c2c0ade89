/** EPT violations and misconfigurations, reasons 48 and 49. SDM Vol. 3, 28.2.3 and table 27-7. */
import { hexh } from '../../base/bits';
import type { ExitFormat } from './family';

export type EptAccess = 'read' | 'write' | 'fetch';

/** What the VMM has at the guest-physical address. */
export type EptTarget = 'ram' | 'rom' | 'device';

export interface EptExit {
  readonly reason: 'EPT_VIOLATION' | 'EPT_MISCONFIGURATION';
  readonly access: EptAccess;
  /** R, W, X that the entry allows: bits 0 to 2. */
  readonly allowed: number;
  readonly linear: number;
  readonly physical: number;
  /** False: the access was to a paging-structure entry of the guest. */
  readonly final: boolean;
  readonly target: EptTarget;
}

const ACCESS: Readonly<Record<EptAccess, number>> = { read: 1, write: 2, fetch: 4 };
const letters = (allowed: number): string => `${allowed & 1 ? 'R' : '-'}${allowed & 2 ? 'W' : '-'}${allowed & 4 ? 'X' : '-'}`;

export const eptFormat: ExitFormat<EptExit> = {
  qualification: ({ reason, access, allowed, final }) => (reason === 'EPT_MISCONFIGURATION' ? 0 : ACCESS[access] | (allowed << 3) | (1 << 7) | (final ? 1 << 8 : 0)),
  decode: ({ access, allowed, linear, physical, final }) => [
    ['Access', access],
    ['Allowed by EPT', letters(allowed)],
    ['Guest-linear', hexh(linear, 8)],
    ['Guest-physical', hexh(physical, 8)],
    ['Translating', final ? 'the final address' : 'a paging-structure entry of the guest'],
  ],
  sentence({ reason, access, physical, allowed, final }) {
    if (reason === 'EPT_MISCONFIGURATION') return `The EPT entry for guest-physical ${hexh(physical, 8)} has a combination of bits that does not exist.`;
    const what = final ? `a ${access} of guest-physical ${hexh(physical, 8)}` : `reading the guest’s page tables at guest-physical ${hexh(physical, 8)}`;
    return `${what[0].toUpperCase()}${what.slice(1)}, where the extended page tables allow ${allowed ? letters(allowed) : 'nothing'}.`;
  },
  handling({ target, access, physical }) {
    if (target === 'ram') return `mapped the page of ${hexh(physical, 8)} in the extended page tables`;
    if (target === 'rom') return access === 'write' ? 'dropped the store: ROM is read-only' : `mapped the ROM page of ${hexh(physical, 8)}, without write permission`;
    return `decoded the instruction and ${access === 'write' ? 'told' : 'asked'} the device at ${hexh(physical, 8)}`;
  },
};
