/** What the editor knows about instructions and registers: generated from the instruction table by scripts/generateGrammar.mjs. */
import { once } from '../base/once';
import type { TechniqueId } from '../protocol/techniques';
import { EXIT_REASONS, REGISTER_NAMES, RESERVED_WORDS } from './instructionFacts.gen';
import { instructionTable } from './instructionTable.gen';

export { EXIT_REASONS };

export interface InstructionCase extends Partial<Readonly<Record<TechniqueId, string>>> {
  /** Pattern that the operands match; without one the case takes the rest. */
  readonly operands?: string;
  readonly name?: string;
  readonly kind: string;
  /** Popek and Goldberg: C control-, M mode-, L location-sensitive. */
  readonly class?: string;
  readonly gate?: string;
  readonly exit?: string;
  /** Vector and condition, as sentences without their full stop. */
  readonly exceptions?: readonly string[];
}

/** A mnemonic that Ringside does not execute (syntaxes/mnemonics.json). */
export interface OtherInstruction {
  /** Class of the grammar, perhaps with `.virtualization`. */
  readonly kind: string;
  readonly forms?: readonly string[];
  readonly features?: readonly string[];
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  /** It has an encoding outside 64-bit code. */
  readonly legacy?: true;
}

export interface InstructionFacts {
  /** The mnemonic this one is another name of. */
  readonly of?: string;
  readonly flow: string;
  readonly cases: readonly InstructionCase[];
  readonly encodings: readonly string[];
  readonly since?: string;
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly undefined?: readonly string[];
  /** Ways to write the operands; '' for none. */
  readonly forms: readonly string[];
  readonly summary?: string;
}

export const REGISTERS: ReadonlySet<string> = new Set(Object.values(REGISTER_NAMES).flat());

/** Directives, data and size words, prefixes. */
export const RESERVED: ReadonlySet<string> = new Set(RESERVED_WORDS);

/** By mnemonic. */
export const instructions = once((): Readonly<Record<string, InstructionFacts>> => JSON.parse(instructionTable()));

export const factsOf = (mnemonic: string): InstructionFacts | undefined => (Object.hasOwn(instructions(), mnemonic) ? instructions()[mnemonic] : undefined);

/** The case that these operands (source text after the mnemonic) select. */
export function caseOf(entry: InstructionFacts, operands: string): InstructionCase {
  const text = operands.trim().replace(/^(word|dword|short|near|strict)\s+/i, '');
  return entry.cases.find((c) => !c.operands || new RegExp(`^(?:${c.operands})$`, 'i').test(text)) ?? entry.cases[entry.cases.length - 1];
}
