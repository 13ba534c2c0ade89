/** A line that begins with a preprocessor directive, and what most of them do with it: define a name. */
import { SourceError } from '../diagnostics';
import type { Place, SourceLine, Token } from '../token';
import { isMacroName } from './definitions';
import type { SingleMacro } from './macroTable';
import type { Preprocessor } from './preprocessor';

export interface DirectiveLine {
  readonly preprocessor: Preprocessor;
  readonly name: string;
  /** After the directive's name, parameters of the enclosing macro in place. */
  readonly tokens: readonly Token[];
  readonly place: Place;
  readonly line: SourceLine;
}

export type Run = (directive: DirectiveLine) => void;

/** Put a definition where its name says: among the globals, or in a context for `%$name`. */
export function defineIn({ preprocessor, name: directive }: DirectiveLine, name: Token, { parameters, body }: Pick<SingleMacro, 'parameters' | 'body'>): void {
  const caseSensitive = !directive.startsWith('i') && !directive.startsWith('xi');
  if (name.kind === 'word') return preprocessor.macros.define({ name: name.text, caseSensitive, parameters, body });
  const { context, name: local } = preprocessor.expander.contextName(name);
  context.macros.define({ name: local, caseSensitive, parameters, body });
}

export function nameAndRest(directive: DirectiveLine): { name: Token; rest: readonly Token[] } {
  const [name, ...rest] = directive.tokens;
  if (!isMacroName(name)) throw new SourceError('macro name expected', name ?? directive.place);
  return { name, rest };
}
