/** What the parser makes of one expanded line: `label: times n prefix mnemonic operands`. */
import type { PrefixName } from '../x86/aliases';
import type { Expression } from './expression';
import type { OperandSyntax } from './operand';
import type { Place, Token } from './token';

export interface Label {
  readonly name: string;
  readonly place: Place;
  /** Alone on its line and without a colon: perhaps a misspelt mnemonic. */
  readonly orphan: boolean;
}

export interface Instruction {
  readonly kind: 'instruction';
  readonly mnemonic: string;
  readonly prefixes: readonly PrefixName[];
  readonly operands: readonly OperandSyntax[];
  readonly place: Place;
}

/** Prefixes without an instruction. */
export interface Prefixes {
  readonly kind: 'prefixes';
  readonly prefixes: readonly PrefixName[];
  readonly place: Place;
}

export type DataItem =
  | { readonly kind: 'value'; readonly value: Expression; readonly place: Place }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly place: Place }
  | { readonly kind: 'float'; readonly text: string; readonly negative: boolean; readonly place: Place }
  | { readonly kind: 'uninitialized'; readonly place: Place }
  | { readonly kind: 'duplicate'; readonly count: Expression; readonly items: readonly DataItem[]; readonly unit: number; readonly place: Place };

export interface Data {
  readonly kind: 'data';
  /** Bytes of one unit: 1 for DB. */
  readonly unit: number;
  readonly items: readonly DataItem[];
  readonly place: Place;
}

export interface Reserve {
  readonly kind: 'reserve';
  readonly unit: number;
  readonly count: Expression;
  readonly place: Place;
}

export interface Incbin {
  readonly kind: 'incbin';
  readonly file: string;
  readonly skip: Expression | undefined;
  readonly count: Expression | undefined;
  readonly place: Place;
}

export interface Equ {
  readonly kind: 'equ';
  readonly value: Expression;
  readonly place: Place;
}

export interface Directive {
  readonly kind: 'directive';
  readonly name: string;
  readonly arguments: readonly Token[];
  /** Written `[name ...]`. */
  readonly primitive: boolean;
  readonly place: Place;
}

/** ALIGN and ALIGNB: `fill` repeated up to the boundary. */
export interface Align {
  readonly kind: 'align';
  readonly boundary: Expression;
  readonly fill: Body;
  /** ALIGN without a fill of its own: what %use smartalign is about. */
  readonly smart: boolean;
  readonly place: Place;
}

/** AT: pad up to a field of the structure that ISTRUC opened, then `body`. */
export interface At {
  readonly kind: 'at';
  readonly field: Expression;
  readonly body: Body | undefined;
  readonly place: Place;
}

export type Body = Instruction | Prefixes | Data | Reserve | Incbin | Equ | Directive | Align | At;

export interface Statement {
  readonly path: string;
  readonly line: number;
  readonly place: Place;
  readonly label: Label | undefined;
  /** Count of TIMES; of several, the last. */
  readonly times: Expression | undefined;
  readonly body: Body | undefined;
}
