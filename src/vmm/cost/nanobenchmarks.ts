/** The nanobenchmarks of Adams & Agesen (ASPLOS 2006), raw-data appendix: cycles on a Pentium 4 672 at 3.8 GHz. */
export interface Nanobenchmark {
  /** The paper's name. */
  readonly name: string;
  /** Guest in bench/nano/. */
  readonly guest: string;
  readonly native: number;
  /** VMware's software VMM: adaptive binary translation. */
  readonly bt: number;
  /** VMware's hardware VMM: VT-x of the first generation, with shadow page tables. */
  readonly vt: number;
}

const row = (name: string, guest: string, native: number, bt: number, vt: number): Nanobenchmark => ({ name, guest, native, bt, vt });

// biome-ignore format: a table
export const NANOBENCHMARKS: readonly Nanobenchmark[] = [
  row('syscall',         'syscall.asm',      242,  2308,   246),
  row('in',              'in.asm',          3209,   216, 15826),
  row('cr8wr',           'crwrite.asm',      150,    35,   177),
  row('call/ret',        'callret.asm',       11,    51,    11),
  row('pgfault',         'pgfault.asm',     1093,  3927, 11242),
  row('divzero',         'divzero.asm',      889,  3223,  1014),
  row('ptemod',          'ptemod.asm',         1,   391, 12733),
  row('ptemod P to NP',  'ptemodClear.asm',    4,    17,  9154),
  row('ptemod NP to P',  'ptemodSet.asm',      5,  2121, 17020),
];

/** A figure of the ledger that was measured by this benchmark itself: what it gives there is no prediction. */
export const isOwnFigure = ({ name }: Nanobenchmark, source: string): boolean => source.includes(`nanobenchmarks, ${name}:`);

/**
 * forkwait of the same paper: seconds for 40,000 processes forked and waited for, on the Pentium 4. Ours does less in its kernel:
 * what compares is how many times as long it takes as natively.
 */
export const FORKWAIT = { name: 'forkwait', guest: 'forkwait.asm', native: 6.02, bt: 36.95, vt: 106.4 } as const;
