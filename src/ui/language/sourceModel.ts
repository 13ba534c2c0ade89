/**
 * What a NASM source defines and where it is used, line by line, without assembling it: good enough while somebody types, and
 * for a file that has errors. Pure; lines and columns are 0-based, ends exclusive.
 */
import { blankText, type Span, wordsOf } from '../sourceLine';
import { type Definition, type Include, LineReader, type OpenBlock, type Reference, type SourceInstruction } from './lineReader';

export type { Definition, DefinitionKind, Include, Reference, SourceInstruction } from './lineReader';

export interface Block {
  readonly start: number;
  readonly end: number;
  readonly kind: 'region' | 'comment';
}

export interface SourceModel {
  readonly lines: readonly string[];
  readonly definitions: readonly Definition[];
  readonly references: readonly Reference[];
  readonly includes: readonly Include[];
  readonly instructions: readonly SourceInstruction[];
  /** Macros, conditionals, repetitions, structures. */
  readonly blocks: readonly Block[];
}

export function parseSource(text: string): SourceModel {
  const lines = text.split(/\r\n|\n|\r/);
  const reader = new LineReader();
  const open: OpenBlock[] = [];
  const blocks: Block[] = [];
  let comment: number | undefined;
  lines.forEach((line, n) => {
    if (/^\s*%comment\b/i.test(line)) comment ??= n;
    if (comment === undefined) reader.read(line, n, open, blocks);
    else if (/^\s*%endcomment\b/i.test(line)) {
      blocks.push({ start: comment, end: n, kind: 'comment' });
      comment = undefined;
    }
  });
  const { definitions, references, includes, instructions } = reader;
  return { lines, definitions, references, includes, instructions, blocks };
}

/** Comment lines above a line, or behind its code. */
export function commentOf(model: SourceModel, line: number): string {
  const own = model.lines[line] ?? '';
  const code = blankText(own).trimEnd().length;
  const behind = own.slice(code).trim();
  if (behind.startsWith(';')) return behind.replace(/^;+\s?/, '');
  const above: string[] = [];
  for (let n = line - 1; n >= 0 && /^\s*;/.test(model.lines[n]); n--) above.unshift(model.lines[n].replace(/^\s*;+\s?/, ''));
  return above.join('\n').trim();
}

type Place = Span & { readonly line: number; readonly name: string };

/** The narrowest definition or reference at a position. */
export function symbolAt(model: SourceModel, line: number, column: number): Place | undefined {
  const here = [...model.definitions, ...model.references].filter((s) => s.line === line && column >= s.start && column <= s.end);
  // Behind the last letter counts only where nothing begins.
  return here.sort((a, b) => Number(column === a.end) - Number(column === b.end) || a.end - a.start - (b.end - b.start))[0];
}

/** Labels that code may name at a line: a local one by its short name. */
export function namesAt(model: SourceModel, line: number): { name: string; definition: Definition }[] {
  const parent = model.definitions.filter((d) => d.line <= line && d.kind === 'label' && !d.name.includes('.')).at(-1)?.name;
  return model.definitions
    .filter((d) => !d.name.includes('%%'))
    .map((definition) => ({ name: parent && definition.name.startsWith(`${parent}.`) ? definition.name.slice(parent.length) : definition.name, definition }));
}

export const wordAt = (line: string, column: number) => wordsOf(line).find((w) => column >= w.start && column <= w.end);
