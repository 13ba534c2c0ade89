/** C types, from their entries. What a type refers to is read when it is asked for: types may refer to themselves. */
import { AT, TAG } from './constants';
import type { DebugInfo } from './debugInfo';
import type { Die } from './unit';

interface Named {
  /** As C writes it, without the name of what has the type. */
  readonly name: string;
}
export interface BaseType extends Named {
  readonly kind: 'base';
  readonly size: number;
  /** DW_ATE_*. */
  readonly encoding: number;
}
export interface PointerType extends Named {
  readonly kind: 'pointer';
  readonly size: number;
  readonly target: () => CType;
}
export interface Member {
  /** Absent for an anonymous struct or union, whose members are as those of what it is in. */
  readonly name?: string;
  readonly type: () => CType;
  /** Bytes. */
  readonly offset: number;
  /** Of a bit-field: bits from the lowest one of the object that holds it. */
  readonly bits?: { readonly offset: number; readonly size: number };
  readonly line?: number;
}
export interface StructType extends Named {
  readonly kind: 'struct';
  readonly size: number;
  readonly members: () => readonly Member[];
}
export interface ArrayType extends Named {
  readonly kind: 'array';
  readonly element: () => CType;
  /** Undefined when the length is not said. */
  readonly count?: number;
}
export interface EnumType extends Named {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly values: () => readonly { readonly name: string; readonly value: number }[];
}
export interface FunctionType extends Named {
  readonly kind: 'function';
  readonly result: () => CType;
}
export interface VoidType extends Named {
  readonly kind: 'void';
}
export type CType = BaseType | PointerType | StructType | ArrayType | EnumType | FunctionType | VoidType;

export const VOID: CType = { kind: 'void', name: 'void' };
const POINTER_BYTES = 4;
const DEEPEST = 64;

/** Bytes; 0 when that is not known. */
export function sizeOf(type: CType, depth = 0): number {
  if (type.kind === 'array') return depth > DEEPEST ? 0 : (type.count ?? 0) * sizeOf(type.element(), depth + 1);
  return 'size' in type ? type.size : 0;
}

/** `char *`, `int (*)(void)`, `int [4][2]`: how C writes a pointer to, or an array of, a type of this name. */
const declare = (name: string, declarator: string): string => {
  const at = name.search(/\(\*|\[|\((?!\*)/);
  if (at < 0) return `${name}${/\*$/.test(name) && declarator.startsWith('*') ? '' : ' '}${declarator}`;
  if (name[at] === '[' && declarator.startsWith('[')) return `${name.slice(0, at)}${declarator}${name.slice(at)}`;
  if (name.startsWith('(*', at)) return `${name.slice(0, at + 1)}${declarator}${name.slice(at + 1)}`;
  return `${name.slice(0, at).trimEnd()} (${declarator})${name.slice(at)}`;
};

export const pointerTo = (type: CType): PointerType => ({ kind: 'pointer', name: declare(type.name, '*'), size: POINTER_BYTES, target: () => type });
const arrayOf = (element: CType, count: number | undefined): ArrayType => ({
  kind: 'array',
  name: declare(element.name, `[${count ?? ''}]`),
  element: () => element,
  ...(count !== undefined && { count }),
});

export class Types {
  readonly #known = new Map<Die, CType>();
  /** Names being made, each for the next one. */
  #naming = 0;

  constructor(readonly info: DebugInfo) {}

  /** The type of a variable, parameter, member or function. */
  of(die: Die): CType {
    const type = this.info.typeOf(die);
    return type ? this.read(type) : VOID;
  }

  read(die: Die, depth = 0): CType {
    const known = this.#known.get(die);
    if (known) return known;
    if (depth > DEEPEST) die.unit.fail(die, 'a type that is made of itself');
    const type = this.#make(die, depth);
    this.#known.set(die, type);
    return type;
  }

  #inner(die: Die, depth: number): CType {
    const type = this.info.typeOf(die);
    return type ? this.read(type, depth + 1) : VOID;
  }

  #make(die: Die, depth: number): CType {
    const { unit } = die;
    const name = unit.text(die, AT.name);
    const size = unit.constant(die, AT.byteSize);
    switch (die.tag) {
      case TAG.baseType:
        return { kind: 'base', name: name ?? '(unnamed)', size: size ?? 0, encoding: unit.constant(die, AT.encoding) ?? 0 };
      case TAG.pointerType:
      case TAG.referenceType:
      case TAG.rvalueReferenceType:
        return this.#pointer(die, size ?? POINTER_BYTES);
      case TAG.structureType:
      case TAG.classType:
      case TAG.unionType:
        return this.#struct(this.#definition(die, name));
      case TAG.arrayType:
        return this.#array(die, depth);
      case TAG.enumerationType:
        return this.#enumeration(die, name, size);
      case TAG.typedef:
        return { ...this.#inner(die, depth), name: name ?? '(unnamed)' };
      case TAG.constType:
      case TAG.volatileType: {
        const word = die.tag === TAG.constType ? 'const' : 'volatile';
        const inner = this.#inner(die, depth);
        return { ...inner, name: inner.kind === 'pointer' ? `${inner.name}${word}` : `${word} ${inner.name}` };
      }
      case TAG.restrictType:
      case TAG.atomicType:
        return this.#inner(die, depth);
      case TAG.subroutineType:
      case TAG.subprogram:
        return this.#function(die);
      default:
        return { ...VOID, name: name ?? 'void' };
    }
  }

  /** Names of what is pointed to may take reading a type that points back: they are made when they are asked for. */
  #pointer(die: Die, size: number): PointerType {
    const target = () => this.#inner(die, 0);
    const name = () => this.#nameOf(() => declare(target().name, '*'));
    return {
      kind: 'pointer',
      size,
      target,
      get name() {
        return name();
      },
    };
  }

  #nameOf(make: () => string): string {
    if (this.#naming > DEEPEST) return '...';
    this.#naming++;
    try {
      return make();
    } finally {
      this.#naming--;
    }
  }

  /** Of a declaration the definition, if one of its name is anywhere. */
  #definition(die: Die, name: string | undefined): Die {
    if (!die.unit.flag(die, AT.declaration) || name === undefined) return die;
    return this.info.named(name).find((other) => other.tag === die.tag && !other.unit.flag(other, AT.declaration)) ?? die;
  }

  #struct(die: Die): StructType {
    const { unit } = die;
    const keyword = die.tag === TAG.unionType ? 'union' : die.tag === TAG.classType ? 'class' : 'struct';
    let members: Member[] | undefined;
    return {
      kind: 'struct',
      name: `${keyword} ${unit.text(die, AT.name) ?? '{...}'}`,
      size: unit.constant(die, AT.byteSize) ?? 0,
      members: () => (members ??= [...unit.children(die)].filter(({ tag }) => tag === TAG.member || tag === TAG.inheritance).map((each) => this.#member(each))),
    };
  }

  #member(die: Die): Member {
    const { unit } = die;
    const type = () => this.of(die);
    const name = unit.text(die, AT.name);
    const line = unit.constant(die, AT.declLine);
    const rest = { type, ...(name !== undefined && { name }), ...(line !== undefined && { line }) };
    const offset = this.#memberOffset(die);
    const size = unit.constant(die, AT.bitSize);
    if (size === undefined) return { ...rest, offset };
    const fromStart = unit.constant(die, AT.dataBitOffset);
    if (fromStart !== undefined) {
      // From the lowest bit of the struct (DWARF 4 and 5).
      const storage = Math.max(1, sizeOf(type()));
      const start = Math.floor(fromStart / (storage * 8)) * storage;
      const within = fromStart - start * 8;
      return within + size <= storage * 8
        ? { ...rest, offset: start, bits: { offset: within, size } }
        : { ...rest, offset: Math.floor(fromStart / 8), bits: { offset: fromStart % 8, size } };
    }
    // From the highest bit of the object that holds it (DWARF 2 and 3).
    const storage = unit.constant(die, AT.byteSize) ?? sizeOf(type());
    return { ...rest, offset, bits: { offset: storage * 8 - (unit.constant(die, AT.bitOffset) ?? 0) - size, size } };
  }

  /** A number, or in DWARF 2 an expression that adds one. */
  #memberOffset(die: Die): number {
    const value = die.attributes.get(AT.dataMemberLocation)?.value;
    if (!(value instanceof Uint8Array)) return Number(value ?? 0);
    let offset = 0;
    for (let i = 1, shift = 0; i < value.length; i++, shift += 7) offset |= (value[i] & 0x7f) << shift;
    return value[0] === 0x23 ? offset >>> 0 : 0; // DW_OP_plus_uconst
  }

  #array(die: Die, depth: number): CType {
    const { unit } = die;
    const counts = [...unit.children(die)].filter(({ tag }) => tag === TAG.subrangeType).map((range) => this.#count(range));
    return counts.reduceRight<CType>(arrayOf, this.#inner(die, depth));
  }

  #count(range: Die): number | undefined {
    const count = range.unit.constant(range, AT.count);
    if (count !== undefined) return count;
    if (range.attributes.get(AT.upperBound)?.value instanceof Uint8Array) return undefined;
    const last = range.unit.constant(range, AT.upperBound);
    return last === undefined || last > 0xffffffff ? undefined : (last | 0) + 1;
  }

  #enumeration(die: Die, name: string | undefined, size = 4): EnumType {
    const { unit } = die;
    const values = () =>
      [...unit.children(die)].filter(({ tag }) => tag === TAG.enumerator).map((each) => ({ name: unit.text(each, AT.name) ?? '', value: unit.constant(each, AT.constValue) ?? 0 }));
    return { kind: 'enum', name: `enum ${name ?? '{...}'}`, size, values, signed: values().some(({ value }) => value < 0) };
  }

  #function(die: Die): FunctionType {
    const result = () => this.of(die);
    const parameters = () => [...die.unit.children(die)].filter(({ tag }) => tag === TAG.formalParameter).map((each) => this.of(each).name);
    const name = () => this.#nameOf(() => `${result().name} (${parameters().join(', ') || (die.unit.flag(die, AT.prototyped) ? 'void' : '')})`);
    return {
      kind: 'function',
      result,
      get name() {
        return name();
      },
    };
  }
}
