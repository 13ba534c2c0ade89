/** VEX and EVEX prefixes for registers 0 to 7, all that code without REX can name: their extension bits, inverted, are ones (SDM Vol. 2, 2.3 and 2.7). */
import { type Address, type EncodedAddress, encodeAddress } from '../effectiveAddress';
import { type Value, isPlain, plain } from '../value';
import type { AssemblyRow, VexFields } from './laterRow';

const PREFIX_BITS: Readonly<Record<string, number>> = { NP: 0, '66': 1, F3: 2, F2: 3 };

/** `source` goes into vvvv; where the row has no such operand, the field is all ones. */
export function vexPrefix(spec: AssemblyRow, source: number): number[] {
  const { vex, escape: third } = spec.later ?? {};
  if (!vex) return [];
  const map = third === 0x38 ? 2 : third === 0x3a ? 3 : 1;
  const usesSource = spec.operands.some((letter) => letter[0] === 'H' || letter === 'Bd');
  const fields = (~(usesSource ? source : 0) & 15) << 3;
  const prefix = PREFIX_BITS[spec.prefix ?? 'NP'];
  const last = (vex.w << 7) | fields;
  if (vex.evex) return [0x62, 0xf0 | map, last | 4 | prefix, (vex.length << 5) | 8];
  if (map === 1 && vex.w === 0) return [0xc5, 0x80 | fields | (vex.length << 2) | prefix];
  return [0xc4, 0xe0 | map, last | (vex.length << 2) | prefix];
}

/** ModRM, SIB and displacement; behind EVEX a displacement of one byte counts whole vectors (SDM Vol. 2, 2.7.5). */
export function addressFor(vex: VexFields | undefined, address: Address): EncodedAddress & { displacement?: Value } {
  const encoded = encodeAddress(address);
  if (!vex?.evex) return encoded;
  const unit = 16n << BigInt(vex.length);
  const { displacement, size, memory } = address;
  const value = BigInt.asIntN(size * 8, displacement.number);
  if (encoded.mod === 0 || memory.displacementSize !== undefined || !isPlain(displacement)) return encoded;
  const fits = value % unit === 0n && value / unit >= -128n && value / unit <= 127n;
  return fits ? { ...encoded, mod: 1, displacementSize: 1, displacement: plain(value / unit) } : { ...encoded, mod: 2, displacementSize: size };
}
