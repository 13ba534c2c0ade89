/** Breakpoint conditions of DR0..DR3 and DR7. SDM Vol. 3, 17.2.4 and 17.2.5. */
import { CPU, type CpuState } from './cpuState';
import { CR4_DE, DR7_ENABLED } from './flags';

/** R/W field: instruction execution, data writes, I/O (with CR4.DE; undefined without), data reads and writes. */
const KINDS = ['execute', 'write', 'io', 'access'] as const;

export interface DebugCondition {
  /** B0..B3 in DR6. */
  readonly bit: number;
  readonly kind: (typeof KINDS)[number];
  /** First and last byte, or port. */
  readonly first: number;
  readonly last: number;
}

/** The conditions that are enabled. */
export function debugConditions(cpu: CpuState): DebugCondition[] {
  const dr7 = cpu.get(CPU.DR0 + 28);
  if (!(dr7 & DR7_ENABLED)) return [];
  const found: DebugCondition[] = [];
  for (let n = 0; n < 4; n++) {
    if (!((dr7 >>> (2 * n)) & 3)) continue;
    const kind = KINDS[(dr7 >>> (16 + 4 * n)) & 3];
    if (kind === 'io' && !(cpu.get(CPU.CR4) & CR4_DE)) continue;
    // LEN is the length less one, and the mask of address bits that do not count.
    const length = (dr7 >>> (18 + 4 * n)) & 3;
    const first = (cpu.get(CPU.DR0 + 4 * n) & ~length) >>> 0;
    found.push({ bit: 1 << n, kind, first, last: first + length });
  }
  return found;
}

/** B bits of the conditions of these kinds that [first, first + size) touches. */
export const debugHits = (conditions: readonly DebugCondition[], kinds: readonly DebugCondition['kind'][], first: number, size: number): number =>
  conditions.reduce((hits, c) => (kinds.includes(c.kind) && first <= c.last && c.first < first + size ? hits | c.bit : hits), 0);
