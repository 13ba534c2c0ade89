/** The CPUID leaves by which a guest finds the hypercall interface. */
import { ABI_VERSION, DISCOVERY_LEAF, DISCOVERY_SIGNATURE, HYPERCALLS, HYPERCALL_VECTOR } from './table';

const doubleword = (text: string, at: number): number => [0, 1, 2, 3].reduce((value, i) => value | (text.charCodeAt(at + i) << (8 * i)), 0);

export const DISCOVERY_LEAVES: ReadonlyMap<number, readonly number[]> = new Map([
  [DISCOVERY_LEAF, [DISCOVERY_LEAF + 1, ...[0, 4, 8].map((at) => doubleword(DISCOVERY_SIGNATURE, at))]],
  [DISCOVERY_LEAF + 1, [ABI_VERSION, HYPERCALL_VECTOR, HYPERCALLS[0].number, HYPERCALLS[HYPERCALLS.length - 1].number]],
]);
