/** Reads NASM source line by line and collects definitions, references, includes and instructions (NASM manual, chapters 3, 4 and 7). */
import { RESERVED } from '../instructionFacts';
import { blankText, type Span, wordsOf } from '../sourceLine';
import type { Block } from './sourceModel';

export type DefinitionKind = 'label' | 'constant' | 'macro' | 'define' | 'structure' | 'section' | 'external';

export interface Definition extends Span {
  /** In full: a local label with its parent (`start.loop`), a label of a macro with the macro (`puts%%next`). */
  readonly name: string;
  readonly kind: DefinitionKind;
  readonly line: number;
  /** `1`, `2-*`, `(a, b)`: of a macro. */
  readonly parameters?: string;
  /** Value of a constant or of a single-line macro, as written. */
  readonly value?: string;
  readonly ignoreCase?: boolean;
}

export interface Reference extends Span {
  readonly name: string;
  readonly line: number;
}

export interface Include extends Span {
  readonly line: number;
}

export interface SourceInstruction {
  readonly line: number;
  readonly mnemonic: Span;
  readonly operands: string;
  readonly bits: 16 | 32 | 64;
}

export interface OpenBlock {
  readonly start: number;
  readonly closes: RegExp;
}

const NAME = '[A-Za-z_.?@][\\w.$?@~#]*';
const MACRO = new RegExp(`^\\s*%(i?)(?:r?)macro\\s+(${NAME})\\s*([^;]*)`, 'id');
const DEFINE = new RegExp(`^\\s*%(i?)(?:x?define|xi?define|assign|defstr|deftok|strlen|strcat|substr|pathsearch|defalias)\\s+(${NAME})(\\([^)]*\\))?\\s*([^;]*)`, 'id');
const SECTION = new RegExp(`^\\s*\\[?\\s*(?:section|segment|sect)\\s+(${NAME})`, 'id');
const STRUCTURE = new RegExp(`^\\s*struc\\s+(${NAME})`, 'id');
const EXTERNAL = /^\s*\[?\s*(?:extern|required|common)\s+/i;
const LABEL = new RegExp(`^\\s*(\\$?${NAME})\\s*(:?)`, 'd');
const MACRO_LABEL = /%%[A-Za-z_.?@][\w.$?@~#]*/g;
const DATA = /^(d[bwdqtoyz]|res[bwdqtoyz]|equ|times|incbin|istruc)$/i;
/** What opens a block, and what ends it. */
const BLOCKS: readonly (readonly [RegExp, RegExp])[] = [
  [/^\s*%[ir]*macro\b/i, /^\s*%(?:endmacro|endm)\b/i],
  [/^\s*%if\w*\b/i, /^\s*%endif\b/i],
  [/^\s*%rep\b/i, /^\s*%endrep\b/i],
  [/^\s*struc\b/i, /^\s*endstruc\b/i],
  [/^\s*istruc\b/i, /^\s*iend\b/i],
];

/** Where group `n` of a match stands. */
const spanOf = (match: RegExpExecArray, n: number): Span => {
  const [start, end] = match.indices![n];
  return { start, end, text: match[n] };
};

export class LineReader {
  readonly definitions: Definition[] = [];
  readonly references: Reference[] = [];
  readonly includes: Include[] = [];
  readonly instructions: SourceInstruction[] = [];
  #parent = '';
  #macro = '';
  #structure = '';
  #bits: 16 | 32 | 64 = 16;

  read(line: string, n: number, open: OpenBlock[], blocks: Block[]): void {
    this.#fold(line, n, open, blocks);
    const defined = this.#preprocessor(line, n) ?? this.#directive(line, n) ?? this.#label(line, n);
    this.#macroLabels(line, n);
    this.#use(line, n, defined);
  }

  #fold(line: string, n: number, open: OpenBlock[], blocks: Block[]): void {
    const last = open.at(-1);
    if (last?.closes.test(line)) {
      open.pop();
      if (n > last.start) blocks.push({ start: last.start, end: n, kind: 'region' });
      return;
    }
    const opened = BLOCKS.find(([opens]) => opens.test(line));
    if (opened) open.push({ start: n, closes: opened[1] });
  }

  #define(definition: Definition): Definition {
    this.definitions.push(definition);
    return definition;
  }

  #preprocessor(line: string, n: number): Definition | undefined {
    const include = /^\s*%(?:include|require)\s+(["'`])(.*?)\1/di.exec(line);
    if (include) this.includes.push({ ...spanOf(include, 2), line: n });
    const macro = MACRO.exec(line);
    if (macro) {
      const [, ignoreCase, name, parameters] = macro;
      this.#macro = name;
      return this.#define({ ...spanOf(macro, 2), name, kind: 'macro', line: n, parameters: parameters.trim(), ignoreCase: ignoreCase !== '' });
    }
    if (/^\s*%(?:endmacro|endm)\b/i.test(line)) this.#macro = '';
    const define = DEFINE.exec(line);
    if (!define) return undefined;
    const [, ignoreCase, name, parameters, value] = define;
    return this.#define({ ...spanOf(define, 2), name, kind: 'define', line: n, parameters, value: value.trim(), ignoreCase: ignoreCase !== '' });
  }

  #directive(line: string, n: number): Definition | undefined {
    const bits = /^\s*\[?\s*(?:bits\s+|use)(16|32|64)\b/i.exec(line);
    if (bits) this.#bits = Number(bits[1]) as 16 | 32 | 64;
    if (/^\s*endstruc\b/i.test(line)) this.#structure = '';
    const section = SECTION.exec(line);
    if (section) return this.#define({ ...spanOf(section, 1), name: section[1], kind: 'section', line: n });
    const structure = STRUCTURE.exec(line);
    if (structure) {
      this.#structure = this.#parent = structure[1];
      return this.#define({ ...spanOf(structure, 1), name: structure[1], kind: 'structure', line: n });
    }
    if (EXTERNAL.test(line)) for (const word of wordsOf(line)) if (word.kind === 'symbol') this.#define({ ...word, name: word.text, kind: 'external', line: n });
    return undefined;
  }

  #label(line: string, n: number): Definition | undefined {
    const blank = blankText(line);
    const match = LABEL.exec(blank);
    if (!match || /^\s*\[/.test(blank)) return undefined;
    const [whole, text, colon] = match;
    const rest = blank.slice(whole.length).trim();
    const next = /^[A-Za-z]\w*/.exec(rest)?.[0] ?? '';
    if (!colon && !this.#namesLabel(blank, text, rest, next)) return undefined;
    const short = text.replace(/^\$/, '');
    const kind = next.toLowerCase() === 'equ' ? 'constant' : 'label';
    const local = short.startsWith('.') && !short.startsWith('..');
    const name = local ? this.#parent + short : short;
    if (!local && kind === 'label' && !this.#structure) this.#parent = short;
    return this.#define({ ...spanOf(match, 1), name, kind, line: n, ...(kind === 'constant' ? { value: rest.slice(3).trim() } : {}) });
  }

  /** Without a colon: a name before data or an instruction, or alone at the very left. */
  #namesLabel(blank: string, text: string, rest: string, next: string): boolean {
    const [first, second] = wordsOf(blank);
    if (RESERVED.has(text.toLowerCase()) || first?.text !== text || first.kind !== 'symbol') return false;
    if (rest === '') return /^\S/.test(blank) || text.startsWith('.');
    return DATA.test(next) || (second?.kind === 'mnemonic' && second.text === next);
  }

  #macroLabels(line: string, n: number): void {
    for (const match of blankText(line).matchAll(MACRO_LABEL)) {
      const [text] = match;
      const place = { start: match.index, end: match.index + text.length, text, name: this.#macro + text, line: n };
      if (/^\s*:/.test(line.slice(place.end)) && line.slice(0, match.index).trim() === '') this.#define({ ...place, kind: 'label' });
      else this.references.push(place);
    }
  }

  #use(line: string, n: number, defined: Definition | undefined): void {
    const parameters: readonly string[] = defined?.kind === 'define' ? (defined.parameters?.match(/[\w.$?@~#]+/g) ?? []) : [];
    const words = wordsOf(line).filter((w) => !parameters.includes(w.text));
    const mnemonic = words.find((w) => w.kind === 'mnemonic' && w.start !== defined?.start);
    if (mnemonic && !/^\s*%/.test(line)) this.instructions.push({ line: n, mnemonic, operands: blankText(line).slice(mnemonic.end).trim(), bits: this.#bits });
    for (const word of words) {
      if (word.kind !== 'symbol' || word.start === defined?.start) continue;
      const local = word.text.startsWith('.') && !word.text.startsWith('..');
      this.references.push({ ...word, name: local ? this.#parent + word.text : word.text, line: n });
      const dot = local ? -1 : word.text.indexOf('.', 1);
      if (dot > 0) this.references.push({ start: word.start, end: word.start + dot, text: word.text.slice(0, dot), name: word.text.slice(0, dot), line: n });
    }
  }
}
