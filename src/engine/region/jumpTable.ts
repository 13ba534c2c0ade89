/** Where a computed jump goes, as a switch over the EIPs it is known to go to. */
import { type Code, OP } from '../wasm/encoder';

/** So few are compared one after the other. */
const CHAIN = 3;
const LARGEST = 8;
const MULTIPLIERS = Array.from({ length: 64 }, (_, n) => Math.imul(0x9e3779b1, 2 * n + 1));

/** A number of `bits` bits that differs from EIP to EIP. */
type Hash = { readonly bits: number } & ({ readonly shift: number } | { readonly multiplier: number });

export const hashOf = (hash: Hash, eip: number): number => ('shift' in hash ? (eip >>> hash.shift) & ((1 << hash.bits) - 1) : Math.imul(eip, hash.multiplier) >>> (32 - hash.bits));

/** The cheapest hash that tells the EIPs apart; undefined if none was found. */
export function perfectHash(eips: readonly number[]): Hash | undefined {
  const isPerfect = (hash: Hash): boolean => new Set(eips.map((eip) => hashOf(hash, eip))).size === eips.length;
  for (let bits = Math.ceil(Math.log2(Math.max(2, eips.length))); bits <= LARGEST; bits++) {
    for (let shift = 0; shift < 12; shift++) if (isPerfect({ bits, shift })) return { bits, shift };
    for (const multiplier of MULTIPLIERS) if (isPerfect({ bits, multiplier })) return { bits, multiplier };
  }
  return undefined;
}

/** Go on behind the block at the level of the EIP that the local holds; fall through if it is none of them. */
export function emitJumpTable(code: Code, local: number, levels: ReadonlyMap<number, number>): void {
  const eips = [...levels.keys()];
  const hash = eips.length > CHAIN ? perfectHash(eips) : undefined;
  if (!hash) {
    for (const eip of eips) goIf(code, local, eip, levels);
    return;
  }
  const none = code.open(OP.block);
  const cases = eips.map(() => code.open(OP.block)).reverse();
  code.get(local);
  if ('shift' in hash)
    code
      .constant(hash.shift)
      .op(OP.shrU)
      .constant((1 << hash.bits) - 1)
      .op(OP.and);
  else
    code
      .constant(hash.multiplier)
      .op(OP.mul)
      .constant(32 - hash.bits)
      .op(OP.shrU);
  const places = new Map(eips.map((eip, n) => [hashOf(hash, eip), cases[n]]));
  code.branchTable(
    Array.from({ length: 1 << hash.bits }, (_, place) => places.get(place) ?? none),
    none,
  );
  for (const eip of eips) {
    code.close();
    goIf(code, local, eip, levels);
    code.branch(none);
  }
  code.close();
}

const goIf = (code: Code, local: number, eip: number, levels: ReadonlyMap<number, number>): void =>
  void code
    .get(local)
    .constant(eip)
    .op(OP.eq)
    .branchIf(levels.get(eip) as number);
