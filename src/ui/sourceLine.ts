/** What stands where in a line of assembly source. Pure: no `vscode`; positions are 0-based, ends exclusive. */
import { factsOf, REGISTERS, RESERVED } from './instructionFacts';

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Word extends Span {
  readonly kind: 'register' | 'mnemonic' | 'symbol';
}

const WORD = /[A-Za-z_.?@][\w.$?@~#]*/g;

/** The line with comment and strings blanked out, so that columns stay. */
export function blankText(line: string): string {
  let out = '';
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quote) {
      if (quote === '`' && c === '\\') {
        out += '  '.slice(0, Math.min(2, line.length - i));
        i++;
        continue;
      }
      if (c === quote) quote = '';
      out += ' ';
    } else if (c === "'" || c === '"' || c === '`') {
      quote = c;
      out += ' ';
    } else if (c === ';') return out.padEnd(line.length);
    else out += c;
  }
  return out;
}

/** Registers, mnemonics and symbols of a line. */
export function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  for (const match of blankText(line).matchAll(WORD)) {
    const text = match[0];
    const before = line[match.index - 1] ?? ' ';
    if (/[\w$%]/.test(before)) continue; // a number's suffix, or the preprocessor's word
    const lower = text.toLowerCase();
    const span = { start: match.index, end: match.index + text.length, text };
    if (REGISTERS.has(lower)) words.push({ ...span, kind: 'register' });
    else if (factsOf(lower)) words.push({ ...span, kind: 'mnemonic' });
    else if (!RESERVED.has(lower)) words.push({ ...span, kind: 'symbol' });
  }
  return words;
}

/** The bracketed memory operand around a column. */
export function memoryAt(line: string, column: number): Span | undefined {
  for (const match of blankText(line).matchAll(/\[[^[\]]*\]/g)) {
    const end = match.index + match[0].length;
    if (column >= match.index && column < end) return { start: match.index, end, text: match[0] };
  }
  return undefined;
}

/** What a debugger can evaluate at a column: a register or label under it, else the memory operand around it. */
export function expressionAt(line: string, column: number): Span | undefined {
  const word = wordsOf(line).find((w) => column >= w.start && column < w.end);
  if (word && word.kind !== 'mnemonic') return { start: word.start, end: word.end, text: word.text };
  return word ? undefined : memoryAt(line, column);
}

/** The mnemonic at a column, and the operands that follow it. */
export function instructionAt(line: string, column: number): { mnemonic: Span; operands: string } | undefined {
  const word = wordsOf(line).find((w) => w.kind === 'mnemonic' && column >= w.start && column < w.end);
  return word && { mnemonic: word, operands: blankText(line).slice(word.end).trim() };
}

/** Registers named on a line, each once, in order. */
export function registersOf(line: string): Word[] {
  const seen = new Set<string>();
  return wordsOf(line).filter((w) => w.kind === 'register' && !seen.has(w.text.toLowerCase()) && seen.add(w.text.toLowerCase()));
}
