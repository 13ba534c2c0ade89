/** The preprocessor (NASM manual, chapter 4): hands out lines with macros expanded and directives obeyed, one at a time. */
import type { OutputFormat } from '../assembly';
import { type Diagnostics, SourceError } from '../diagnostics';
import { isUnterminated, tokenizeAt } from '../lexer';
import { type Place, type SourceLine, type Token, isPunctuation, restamp, span } from '../token';
import { type ConditionName, holds, parseConditionName } from './conditions';
import { DIRECTIVE_RUNS } from './directives';
import { Expander } from './expander';
import { type Collection, type Conditional, type Frame, innermostInvocation } from './frames';
import { callFunction, findFunction } from './functions';
import { Invocation, fitMacroArguments, splitMacroArguments } from './invocation';
import { type Context, MultiMacros, SingleMacros } from './macroTable';
import type { StackFrame } from './stackFrame';

const MAX_FRAMES = 256;
const MAX_SELF_INCLUDES = 16;
const MAX_LINES = 1_000_000;

export interface PreprocessorHost {
  readonly diagnostics: Diagnostics;
  readonly readText: (path: string, from: string) => { path: string; lines: readonly SourceLine[] } | undefined;
  /** A number from tokens, with the symbols and `$` of the moment. */
  evaluate(tokens: readonly Token[], path: string, place: Place): bigint;
  readonly bits: 16 | 32;
  readonly format: OutputFormat;
}

export class Preprocessor {
  /** Lines of branches that were not taken, by file. */
  readonly skipped = new Map<string, Set<number>>();
  readonly macros = new SingleMacros();
  readonly multiMacros = new MultiMacros();
  readonly contexts: Context[] = [];
  readonly frames: Frame[] = [];
  readonly expander: Expander;
  /** What %stacksize chose. */
  stackFrame: StackFrame | undefined;
  private collection: Collection | undefined;
  private lineCount = 0;
  private nextId = 1;
  private place: Place = { line: 1, column: 1, endColumn: 2 };
  /** %fatal, or a cap: no more lines. */
  stopped = false;

  constructor(readonly host: PreprocessorHost) {
    this.expander = new Expander({
      macros: this.macros,
      contexts: this.contexts,
      evaluate: (tokens, place) => this.evaluate(tokens, place),
      function: (name) => this.function(name),
    });
  }

  get path(): string {
    return this.frames.findLast((frame) => frame.kind === 'file')?.path ?? '';
  }

  uniqueId(): number {
    return this.nextId++;
  }

  private function(name: Token) {
    const run = findFunction(name);
    if (!run) return undefined;
    return (given: readonly (readonly Token[])[]) => {
      const result = callFunction(run, given, this, name);
      return typeof result === 'string' ? tokenizeAt(result, name) : result;
    };
  }

  evaluate(tokens: readonly Token[], place: Place): bigint {
    if (tokens.length === 0) throw new SourceError('expression expected', place);
    return this.host.evaluate(tokens, this.path, place);
  }

  pushFile(path: string, lines: readonly SourceLine[], place: Place): void {
    const same = this.frames.filter((frame) => frame.kind === 'file' && frame.path === path).length;
    if (same >= MAX_SELF_INCLUDES) throw new SourceError(`\`${path}' includes itself`, place);
    this.pushFrame({ kind: 'file', path, lines, next: 0, conditionals: [] }, place);
  }

  pushFrame(frame: Frame, place: Place): void {
    if (this.frames.length >= MAX_FRAMES) {
      this.stopped = true;
      throw new SourceError('macros and includes are nested too deeply', place);
    }
    this.frames.push(frame);
  }

  /** The next line for the assembler, or undefined at the end. */
  next(): SourceLine | undefined {
    for (;;) {
      const raw = this.stopped ? undefined : this.readLine();
      if (!raw) return undefined;
      try {
        const line = this.obey(raw);
        if (line) return line;
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        this.host.diagnostics.error(error.message, raw.path, error.place ?? span(raw.tokens));
      }
    }
  }

  private readLine(): SourceLine | undefined {
    for (let frame = this.frames[this.frames.length - 1]; frame; frame = this.frames[this.frames.length - 1]) {
      if (frame.next < frame.lines.length) {
        if (++this.lineCount <= MAX_LINES) return frame.lines[frame.next++];
        this.host.diagnostics.error(`more than ${MAX_LINES} lines after macro expansion`, this.path, this.place);
        this.stopped = true;
        return undefined;
      }
      this.leave(frame);
    }
    return undefined;
  }

  private leave(frame: Frame): void {
    const open = this.collection;
    if (open && frame.kind === 'file') {
      this.host.diagnostics.error(`%${open.opener} without %${open.closer}`, open.path, open.place);
      this.collection = undefined;
    }
    for (const conditional of frame.conditionals) this.host.diagnostics.error('%if without %endif', conditional.path, conditional.place);
    frame.conditionals.length = 0;
    if (frame.kind === 'repeat' && (frame.remaining ?? 0) > 1) {
      frame.remaining = (frame.remaining ?? 0) - 1;
      frame.next = 0;
    } else this.frames.pop();
  }

  /** %exitrep. */
  leaveRepeat(place: Place): void {
    const at = this.frames.findLastIndex((frame) => frame.kind === 'repeat');
    if (at < 0 || this.frames.slice(at).some((frame) => frame.kind !== 'repeat' && frame !== this.frames[at])) throw new SourceError('%exitrep outside %rep', place);
    this.frames.length = at;
  }

  get skipping(): boolean {
    const { conditionals } = this.frames[this.frames.length - 1];
    return conditionals.length > 0 && !conditionals[conditionals.length - 1].emitting;
  }

  private obey(raw: SourceLine): SourceLine | undefined {
    const directive = directiveName(raw.tokens);
    if (this.collection) return this.collect(raw, directive);
    const condition = directive && parseConditionName(directive);
    if (this.skipping) {
      if (condition) this.conditional(condition, raw);
      else this.skip(raw);
      return undefined;
    }
    const invocation = innermostInvocation(this.frames);
    const line = this.joined(invocation ? invocation.substitute(raw) : raw);
    this.place = span(line.tokens);
    if (condition) this.conditional(condition, line);
    else if (directive) this.directive(directive, line);
    else return this.plainLine(line);
    return undefined;
  }

  private skip({ path, line }: SourceLine): void {
    const known = this.skipped.get(path);
    if (known) known.add(line);
    else this.skipped.set(path, new Set([line]));
  }

  private joined(line: SourceLine): SourceLine {
    const tokens = this.expander.joinNames(line.tokens);
    return tokens === line.tokens ? line : { ...line, tokens };
  }

  private directive(name: string, line: SourceLine): void {
    const run = DIRECTIVE_RUNS.get(name);
    if (!run) throw new SourceError(`unknown preprocessor directive \`%${name}'`, line.tokens[0]);
    run({ preprocessor: this, name, tokens: line.tokens.slice(1), place: line.tokens[0], line });
  }

  collectUntil(opener: Collection['opener'], line: SourceLine, finish: Collection['finish']): void {
    const closer = opener === 'macro' ? 'endmacro' : 'endrep';
    this.collection = { opener, closer, lines: [], place: line.tokens[0], path: line.path, depth: 1, finish };
  }

  private collect(raw: SourceLine, directive: string | undefined): undefined {
    const collection = this.collection as Collection;
    const opens = collection.opener === 'rep' ? directive === 'rep' : directive !== undefined && /^i?r?macro$|^ri?macro$/.test(directive);
    if (opens) collection.depth++;
    const closes = directive === collection.closer || (collection.opener === 'macro' && directive === 'endm');
    if (closes && --collection.depth === 0) {
      this.collection = undefined;
      collection.finish(collection.lines);
    } else collection.lines.push(raw);
  }

  /** A line of the program: single-line macros, then a multi-line one. */
  private plainLine(line: SourceLine): SourceLine | undefined {
    const broken = line.tokens.find(isUnterminated);
    if (broken) throw new SourceError(`unterminated string (missing \`${broken.text[0]}')`, broken);
    const tokens = this.expander.expand(line.tokens);
    const stray = tokens.find((token) => token.kind === 'percent' || token.kind === 'unknown');
    if (stray?.kind === 'unknown') throw new SourceError(`unexpected character \`${stray.text}'`, stray);
    if (stray) throw new SourceError(/^%[-+%\d?{]/.test(stray.text) ? `\`${stray.text}': not in a macro call` : `unexpected \`${stray.text}'`, stray);
    const expanded = { ...line, tokens };
    return this.invoke(expanded) ?? (tokens.length > 0 ? expanded : undefined);
  }

  /** The line with a macro call left to it, or undefined. The body comes next. */
  private invoke(line: SourceLine): SourceLine | undefined {
    const { tokens } = line;
    const at = [0, 1, 2].find(
      (n) => (n === 0 || tokens[0]?.kind === 'word') && (n < 2 || isPunctuation(tokens[1], ':')) && tokens[n]?.kind === 'word' && this.isMultiMacro(tokens[n]),
    );
    if (at === undefined) return undefined;
    const name = tokens[at];
    const given = splitMacroArguments(tokens.slice(at + 1));
    for (const macro of this.callable(name)) {
      const fitted = fitMacroArguments(macro, given);
      if (!fitted) continue;
      const label = at > 0 ? tokens[0] : undefined;
      const place = this.outerPlace(line);
      const invocation = new Invocation(macro, name, fitted, this.uniqueId(), label, { path: line.path, line: line.line, place });
      this.pushFrame({ kind: 'macro', path: this.path, lines: macro.body, next: 0, invocation, conditionals: [] }, name);
      const usesLabel = macro.body.some(({ tokens: body }) => body.some((token) => token.text === '%00' || token.text === '%{00}'));
      return label && !usesLabel ? { ...line, tokens: [label, { ...restamp(label, label), kind: 'punctuation', text: ':', spaced: false }] } : { ...line, tokens: [] };
    }
    if (this.callable(name).length > 0) this.host.diagnostics.warning(`no macro \`${name.text}' takes ${given.length} parameter${given.length === 1 ? '' : 's'}`, line.path, name);
    return undefined;
  }

  private outerPlace(line: SourceLine): Place {
    return innermostInvocation(this.frames)?.at.place ?? span(line.tokens);
  }

  private isMultiMacro(token: Token): boolean {
    return this.callable(token).length > 0;
  }

  /** A macro does not call itself unless it was defined with %rmacro. */
  private callable(token: Token) {
    return this.multiMacros.named(token.text).filter((macro) => macro.recursive || !this.frames.some((frame) => frame.invocation?.macro === macro));
  }

  private conditional(condition: ConditionName, line: SourceLine): void {
    const { conditionals } = this.frames[this.frames.length - 1];
    const current = conditionals[conditionals.length - 1];
    const place = line.tokens[0];
    if (condition.part === 'if') {
      const outside = this.skipping;
      const next: Conditional = { place, path: line.path, emitting: false, decided: true, elseSeen: false };
      conditionals.push(next);
      if (!outside) this.decide(next, condition, line);
    } else if (!current) throw new SourceError(`\`${place.text}' without %if`, place);
    else if (condition.part === 'endif') conditionals.pop();
    else if (current.elseSeen) {
      current.emitting = false;
      this.host.diagnostics.warning(`\`${place.text}' after %else: what follows it is ignored`, line.path, place);
    } else if (condition.part === 'else') {
      current.emitting = !current.decided;
      current.decided = current.elseSeen = true;
    } else if (current.decided) current.emitting = false;
    else this.decide(current, condition, line);
  }

  /** A condition that cannot be evaluated counts as false and hides its branch. */
  private decide(conditional: Conditional, condition: ConditionName, line: SourceLine): void {
    conditional.decided = true;
    conditional.emitting = false;
    const invocation = innermostInvocation(this.frames);
    const { tokens } = condition.part === 'elif' && invocation ? invocation.substitute(line) : line;
    conditional.emitting = conditional.decided = holds(condition, tokens.slice(1), tokens[0], this);
  }
}

/** `%name` at the start of a line. */
function directiveName(tokens: readonly Token[]): string | undefined {
  const [first] = tokens;
  return first?.kind === 'percent' && /^%[A-Za-z_]/.test(first.text) ? first.text.slice(1).toLowerCase() : undefined;
}
