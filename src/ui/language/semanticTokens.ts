/** Semantic tokens: what an instruction is to a hypervisor and what becomes of it, and what a name stands for. Pure. */
import type { TechniqueId } from '../../protocol/techniques';
import type { Span } from '../sourceLine';
import { instructionFate } from './fate';
import type { DefinitionKind, SourceModel } from './sourceModel';

export const TOKEN_TYPES = ['instruction', 'label', 'asmConstant', 'macro', 'asmStructure', 'asmSection'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

export const TOKEN_MODIFIERS = ['declaration', 'privileged', 'sensitive', 'io', 'traps', 'silent', 'exits'] as const;
export type TokenModifier = (typeof TOKEN_MODIFIERS)[number];

export interface SemanticToken {
  readonly line: number;
  readonly start: number;
  readonly length: number;
  readonly type: TokenType;
  readonly modifiers: readonly TokenModifier[];
}

const TYPES: Readonly<Record<DefinitionKind, TokenType>> = {
  label: 'label',
  external: 'label',
  constant: 'asmConstant',
  define: 'macro',
  macro: 'macro',
  structure: 'asmStructure',
  section: 'asmSection',
};

const token = (line: number, { start, end }: Span, type: TokenType, modifiers: readonly TokenModifier[]): SemanticToken => ({ line, start, length: end - start, type, modifiers });

function instructionTokens(model: SourceModel, technique: TechniqueId): SemanticToken[] {
  return model.instructions.flatMap((instruction) => {
    const found = instructionFate(instruction, technique);
    if (!found || found.one.kind === 'innocuous') return [];
    const kind: TokenModifier = found.one.name === 'io' ? 'io' : (found.one.kind as 'privileged' | 'sensitive');
    return [token(instruction.line, instruction.mnemonic, 'instruction', found.fate === 'direct' ? [kind] : [kind, found.fate])];
  });
}

/** In the order of the text. `others`: kinds of names defined in included files. Nothing overlaps. */
export function semanticTokens(model: SourceModel, technique: TechniqueId, others: ReadonlyMap<string, DefinitionKind> = new Map()): SemanticToken[] {
  const kinds = new Map([...others, ...model.definitions.map((d) => [d.name, d.kind] as const)]);
  const tokens = [
    ...instructionTokens(model, technique),
    ...model.definitions.map((d) => token(d.line, d, TYPES[d.kind], ['declaration'])),
    ...model.references.flatMap((r) => {
      const kind = kinds.get(r.name);
      return kind ? [token(r.line, r, TYPES[kind], [])] : [];
    }),
  ].sort((a, b) => a.line - b.line || a.start - b.start || a.length - b.length);
  return tokens.filter((t, i) => i === 0 || t.line !== tokens[i - 1].line || t.start >= tokens[i - 1].start + tokens[i - 1].length);
}
