/** Statements of one pass: preprocessed and parsed as they are executed, for a macro may ask where it stands. */
import type { AssembleOptions, Skipped } from './assembly';
import { Diagnostics, SourceError } from './diagnostics';
import type { Environment } from './environment';
import { TokenReader, mayMove } from './expression';
import { tokenizeAt } from './lexer';
import { parseStatement } from './parser';
import { predefine } from './preprocessor/predefined';
import { Preprocessor } from './preprocessor/preprocessor';
import type { Sources } from './sources';
import type { Statement } from './statement';
import type { Place, SourceLine, Token } from './token';

export interface LineSource {
  readonly statements: Iterable<Statement>;
  readonly diagnostics: Diagnostics;
  /** The same statements would come in every pass. True until the preprocessor evaluates something that may move. */
  readonly repeatable: boolean;
  /** By file: lines in branches of %if that were not taken. */
  readonly skipped: Skipped;
  /** A cap was reached: not worth another pass. */
  readonly stopped: boolean;
}

export function freshLines(source: string, options: AssembleOptions, sources: Sources, environment: Environment, now: Date): LineSource {
  return new FreshLines(source, options, sources, environment, now);
}

class FreshLines implements LineSource {
  repeatable = true;
  readonly diagnostics = new Diagnostics();
  private readonly preprocessor: Preprocessor;

  constructor(
    source: string,
    options: AssembleOptions,
    sources: Sources,
    private readonly environment: Environment,
    now: Date,
  ) {
    const line = this;
    this.preprocessor = new Preprocessor({
      diagnostics: this.diagnostics,
      readText: (path, from) => sources.readText(path, from),
      evaluate: (tokens, path, place) => this.evaluate(tokens, path, place),
      format: environment.format,
      get bits() {
        return line.environment.bits;
      },
    });
    predefine(this.preprocessor, now);
    const start: Place = { line: 1, column: 1, endColumn: 1 };
    for (const [name, text] of Object.entries(options.define ?? {}))
      this.preprocessor.macros.define({ name, caseSensitive: true, parameters: undefined, body: tokenizeAt(text, start) });
    this.preprocessor.pushFile(
      options.path,
      sources.split(options.path, () => source),
      start,
    );
  }

  get skipped(): Skipped {
    return this.preprocessor.skipped;
  }

  get stopped(): boolean {
    return this.preprocessor.stopped;
  }

  get statements(): Iterable<Statement> {
    return this.read();
  }

  private *read(): Generator<Statement> {
    for (let line = this.preprocessor.next(); line; line = this.preprocessor.next()) {
      const statement = line.tokens.length > 0 ? this.parse(line) : undefined;
      if (statement) yield statement;
    }
  }

  private parse(line: SourceLine): Statement | undefined {
    try {
      return parseStatement(line);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.diagnostics.error(error.message, line.path, error.place ?? line.tokens[0]);
      return undefined;
    }
  }

  private evaluate(tokens: readonly Token[], path: string, place: Place): bigint {
    const reader = new TokenReader(tokens, place);
    const expression = reader.expression();
    if (!reader.done) throw new SourceError(`end of expression expected${reader.found()}`, reader.place);
    if (mayMove(expression)) this.repeatable = false;
    this.environment.path = path;
    this.environment.here = this.environment.address;
    return this.environment.evaluateCritical(expression, 'expression');
  }
}
