/** A place in a section that the linker completes, and what may stand there (TIS ELF 1.2; System V ABI, Intel386 supplement). */
import { SourceError } from '../diagnostics';
import { Section } from '../section';
import type { Place } from '../token';
import type { Unknown, Value } from '../value';

/** A symbol of another object file; of a common one the linker finds the space. */
export interface External extends Unknown {
  readonly type: 'external';
  /** Bytes and alignment of a common symbol. */
  readonly common?: { readonly size: number; readonly align: number };
}

export interface Relocation {
  /** From the start of what is being emitted, later from the start of the section; bytes. */
  readonly offset: number;
  readonly width: 1 | 2 | 4;
  /** To the place of the field itself. */
  readonly relative: boolean;
  readonly target: Section | External;
}

/** Where in the bytes of a statement a number goes. */
export interface Field {
  readonly offset: number;
  readonly width: number;
}

const isTarget = (unknown: Unknown): unknown is Section | External => unknown instanceof Section || unknown.type === 'external';

/**
 * What the field holds before linking, and the relocation that completes it, if any: the sum of a base and a number, or the
 * distance of such a sum from here, the section the statement is in.
 */
export function relocate(value: Value, field: Field | undefined, here: Section, place: Place): { addend: bigint; relocation?: Relocation } {
  if (value.terms.size === 0) return { addend: value.number };
  const positive = [...value.terms].filter(([, count]) => count === 1n).map(([unknown]) => unknown);
  const negative = [...value.terms].filter(([, count]) => count !== 1n);
  const relative = negative.length === 1 && negative[0][0] === here && negative[0][1] === -1n;
  const [target] = positive;
  const { width } = field ?? { width: 0 };
  if (positive.length !== 1 || !isTarget(target) || negative.length > (relative ? 1 : 0))
    throw new SourceError('an address plus a number is all that a linker can put here', place);
  if (!field || (width !== 1 && width !== 2 && width !== 4)) throw new SourceError('a linker cannot put an address here', place);
  // The linker takes the distance from the field; the value is one from the start of the section.
  return { addend: value.number + (relative ? BigInt(field.offset + here.size) : 0n), relocation: { offset: field.offset, width, relative, target } };
}
