/** Small functions about status flags, defined in every generated module: between EFLAGS and the two lazy words (x86/cpuState), and from operands. */
import { ENGINE_CELLS } from '../../ir/engineCells';
import { Code, I32, OP } from './encoder';

/** (result, aux) → the six status flags in their EFLAGS positions. */
export function packStatus(): Uint8Array {
  const c = new Code();
  packedStatus(c, 0, 1);
  return c.done();
}

/** Push the six status flags in their EFLAGS positions, of RESULT and AUX in two locals. */
export function packedStatus(c: Code, result: number, aux: number): void {
  const part = (emit: () => void, shift: number, first = false): void => {
    emit();
    if (shift) c.constant(shift).op(OP.shl);
    if (!first) c.op(OP.or);
  };
  part(() => c.get(aux).constant(31).op(OP.shrU), 0, true); // CF
  part(() => c.get(result).get(aux).constant(8).op(OP.shrU, OP.xor).constant(0xff).op(OP.and, OP.popcnt).constant(1).op(OP.and, OP.eqz), 2); // PF
  part(() => c.get(aux).constant(3).op(OP.shrU).constant(1).op(OP.and), 4); // AF
  part(() => c.get(result).op(OP.eqz), 6); // ZF
  part(() => c.get(result).constant(31).op(OP.shrU).get(aux).constant(1).op(OP.and, OP.xor), 7); // SF
  part(() => c.get(aux).get(aux).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU), 11); // OF
}

/** Push a bit of a local: 0 or 1. */
export const flagBit = (c: Code, local: number, bit: number): Code => c.get(local).constant(bit).op(OP.shrU).constant(1).op(OP.and);

/** flags → RESULT: zero exactly when ZF is set. */
export const unpackResult = (): Uint8Array => flagBit(new Code(), 0, 6).op(OP.eqz).done();

/** flags → AUX (see x86/cpuState: RESULT 1 has odd parity, 0 even). */
export const unpackAux = (): Uint8Array => imageAux(new Code(), 0).done();

/** Push AUX of the flags in a local. */
function imageAux(c: Code, flags: number): Code {
  flagBit(c, flags, 0).constant(31).op(OP.shl);
  flagBit(c, flags, 0);
  flagBit(c, flags, 11).op(OP.xor).constant(30).op(OP.shl, OP.or);
  flagBit(c, flags, 4).constant(3).op(OP.shl, OP.or);
  flagBit(c, flags, 2);
  flagBit(c, flags, 6).op(OP.xor).constant(8).op(OP.shl, OP.or);
  return flagBit(c, flags, 7).op(OP.or);
}

/**
 * What wrote the status flags, as translated code remembers it: kind 0 has AUX in the first word; the others have the operands of
 * an operation, from which AUX follows. Numbered so that the operation is (kind - 1) / 3 and log2 of the size (kind - 1) % 3.
 * Shifts of 32 bits have kinds below 0, and in the two words what was shifted and the number of the bit that became CF. An image has the
 * flags in their EFLAGS positions in the first word, and 0 or 1 for a result.
 */
export const FLAG_KIND = { settled: 0, add: 1, sub: 4, inc: 7, dec: 10, sar: -1, shr: -2, shl: -3, image: -4 } as const;

/**
 * Status flags between two regions: as a region leaves them, the kind and the second word here, the first where AUX is. Whoever else
 * runs finds kind 0, and AUX.
 */
export const FLAG_CELLS = { kind: ENGINE_CELLS.flagKind, second: ENGINE_CELLS.flagSecond } as const;

/** Push AUX of a shift: CF in bit 31, and below it CF xor OF. OF is 0 (SAR), the two top bits’ difference (SHR), or CF xor SF (SHL). */
export function shiftAux(c: Code, operation: 'sar' | 'shr' | 'shl', [a, b, result]: readonly [a: number, b: number, result: number]): void {
  const carry = (): Code => c.get(a).get(b).op(OP.shrU).constant(1).op(OP.and);
  if (operation === 'sar') {
    carry()
      .constant(0xc0000000 | 0)
      .op(OP.mul);
    return;
  }
  carry().constant(31).op(OP.shl);
  if (operation === 'shl') c.get(result);
  else carry().constant(31).op(OP.shl).get(result).op(OP.xor).get(result).constant(1).op(OP.shl, OP.xor);
  c.constant(0x80000000 | 0)
    .op(OP.and)
    .constant(1)
    .op(OP.shrU, OP.or);
}

/** (kind, a, b, result) → AUX. INC and DEC have the AUX of before in place of `a`: its bit 31 is CF. */
export function auxOf(): Uint8Array {
  const [KIND, A, B, RESULT, VECTOR] = [0, 1, 2, 3, 4];
  const c = new Code();
  const when = (condition: () => Code, aux: () => void): void => {
    condition();
    c.open(OP.if);
    aux();
    c.op(OP.return).close();
  };
  when(
    () => c.get(KIND).op(OP.eqz),
    () => c.get(A),
  );
  when(
    () => c.get(KIND).constant(FLAG_KIND.inc).op(OP.geS),
    () => stepAux(c, [KIND, A, RESULT]),
  );
  when(
    () => c.get(KIND).constant(FLAG_KIND.image).op(OP.eq),
    () => imageAux(c, A),
  );
  for (const operation of ['sar', 'shr', 'shl'] as const)
    when(
      () => c.get(KIND).constant(FLAG_KIND[operation]).op(OP.eq),
      () => shiftAux(c, operation, [A, B, RESULT]),
    );
  // Carries (or borrows) out of each bit.
  c.get(KIND).constant(FLAG_KIND.sub).op(OP.ltS);
  c.open(OP.if, I32);
  c.get(A).get(B).op(OP.and).get(A).get(B).op(OP.or).get(RESULT).constant(-1).op(OP.xor, OP.and, OP.or);
  c.else();
  c.get(A).constant(-1).op(OP.xor).tee(A).get(B).op(OP.and).get(A).get(B).op(OP.or).get(RESULT).op(OP.and, OP.or);
  c.close();
  c.tee(VECTOR);
  // 8 bits: shift by 24; 16: by 16; 32: by 0.
  c.constant(24).constant(8).get(KIND).constant(1).op(OP.sub).constant(3).op(OP.remU, OP.mul, OP.sub);
  c.constant(0).get(KIND).constant(3).op(OP.remU).op(OP.select);
  c.op(OP.shl)
    .constant(0xc0000000 | 0)
    .op(OP.and);
  c.get(VECTOR).constant(8).op(OP.and, OP.or);
  return c.done();
}

/** Push AUX of INC or DEC: CF is bit 31 of `a`; OF where the result is the least number, or the greatest; AF where its low four bits are all 0, or 1. */
function stepAux(c: Code, [kind, a, result]: readonly [kind: number, a: number, result: number]): void {
  const isInc = (): Code => c.get(kind).constant(FLAG_KIND.dec).op(OP.ltS);
  // A result is sign-extended; shift counts are modulo 32, so that 0, 8 and 24 are bytes of a word.
  const least = (): Code => c.constant(-0x80).constant(0x180800).get(kind).constant(FLAG_KIND.inc).op(OP.sub).constant(3).op(OP.remU).constant(3).op(OP.shl, OP.shrU, OP.shl);
  c.get(a)
    .constant(0x80000000 | 0)
    .op(OP.and);
  c.get(a).constant(31).op(OP.shrU);
  c.get(result);
  least();
  least().constant(-1).op(OP.xor);
  isInc().op(OP.select, OP.eq, OP.xor).constant(30).op(OP.shl, OP.or);
  c.get(result).constant(15).op(OP.and).constant(0).constant(15);
  isInc().op(OP.select, OP.eq).constant(3).op(OP.shl, OP.or);
}
