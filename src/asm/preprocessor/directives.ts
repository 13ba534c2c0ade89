/** Preprocessor directives other than conditionals, one function each (NASM manual, 4.1 to 4.9). */
import { SourceError } from '../diagnostics';
import { numberTokens } from '../lexer';
import { stringText } from '../strings';
import { type Place, type Token, spell } from '../token';
import { parseDefine, parseMacro, parseParameterCount } from './definitions';
import { type DirectiveLine, type Run, defineIn, nameAndRest } from './directiveLine';
import { SingleMacros } from './macroTable';
import { PACKAGE_NAMES, packageLines } from './packages';
import { STACK_RUNS } from './stackFrame';
import { STRING_RUNS } from './stringDirectives';

const MAX_REPEATS = 10_000_000;

const define: Run = (directive) => {
  const { name, macro } = parseDefine(directive.tokens, directive.place);
  defineIn(directive, name, macro);
};

const xdefine: Run = (directive) => {
  const { name, macro } = parseDefine(directive.tokens, directive.place);
  defineIn(directive, name, { ...macro, body: directive.preprocessor.expander.expandBody(macro.body, macro.parameters) });
};

const undef: Run = (directive) => {
  const { name } = nameAndRest(directive);
  if (name.kind === 'word') return directive.preprocessor.macros.remove(name.text);
  const { context, name: local } = directive.preprocessor.expander.contextName(name);
  context.macros.remove(local);
};

const defalias: Run = (directive) => {
  const { name, rest } = nameAndRest(directive);
  const [target] = rest;
  if (name.kind !== 'word' || target?.kind !== 'word') throw new SourceError('%defalias expects two macro names', target ?? name);
  directive.preprocessor.macros.alias(name.text, target.text);
};

const undefalias: Run = (directive) => directive.preprocessor.macros.removeAlias(nameAndRest(directive).name.text);

const assign: Run = (directive) => {
  const { name, rest } = nameAndRest(directive);
  const { preprocessor } = directive;
  const value = preprocessor.evaluate(preprocessor.expander.expand(rest), name);
  defineIn(directive, name, { parameters: undefined, body: numberTokens(value, name) });
};

const macro: Run = ({ preprocessor, name, tokens, place, line }) => {
  const header = parseMacroOrSkip(tokens, place);
  preprocessor.collectUntil('macro', line, (body) => {
    if (header) preprocessor.multiMacros.define({ ...header, caseSensitive: !name.includes('i'), recursive: name.includes('r') && /^i?r|ri?m/.test(name), body });
  });
  if (!header) parseMacro(tokens, place);
};

/** A broken header still has a body to read past. */
function parseMacroOrSkip(tokens: readonly Token[], place: Place): ReturnType<typeof parseMacro> | undefined {
  try {
    return parseMacro(tokens, place);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

const unmacro: Run = ({ preprocessor, tokens, place }) => {
  const [name, ...count] = tokens;
  if (!name) throw new SourceError('macro name expected', place);
  const wanted = count.length > 0 ? parseParameterCount(count, place) : undefined;
  preprocessor.multiMacros.remove(name.text, (other) => !wanted || (other.minimum === wanted.minimum && other.maximum === wanted.maximum));
};

const rotate: Run = ({ preprocessor, tokens, place }) => {
  const invocation = preprocessor.frames.findLast((frame) => frame.invocation)?.invocation;
  if (!invocation) throw new SourceError('%rotate outside a macro', place);
  invocation.rotate(Number(preprocessor.evaluate(preprocessor.expander.expand(tokens), place)));
};

const rep: Run = ({ preprocessor, tokens, place, line }) => {
  let remaining = 0;
  preprocessor.collectUntil('rep', line, (lines) => {
    if (remaining > 0 && lines.length > 0) preprocessor.pushFrame({ kind: 'repeat', path: line.path, lines, next: 0, remaining, conditionals: [] }, place);
  });
  const count = preprocessor.evaluate(preprocessor.expander.expand(tokens.filter((token) => token.text !== '.nolist')), place);
  if (count > MAX_REPEATS) throw new SourceError(`%rep ${count}: more than ${MAX_REPEATS} repetitions`, place);
  remaining = Number(count);
};

const include: Run = ({ preprocessor, tokens, place }) => {
  const [name] = preprocessor.expander.expand(tokens);
  if (name?.kind !== 'string') throw new SourceError('%include expects a file name in quotes', name ?? place);
  const file = preprocessor.host.readText(stringText(name.text), preprocessor.path);
  if (!file) throw new SourceError(`cannot open include file \`${stringText(name.text)}'`, name);
  preprocessor.pushFile(file.path, file.lines, name);
};

/** A package is read once; __?USE_NAME?__ tells that it has been. */
const use: Run = ({ preprocessor, tokens, place }) => {
  const [name] = tokens;
  const package_ = name?.kind === 'string' ? stringText(name.text) : (name?.text ?? '');
  const lines = packageLines(package_.toLowerCase());
  if (!lines) throw new SourceError(`no macro package \`${package_}'; there are ${PACKAGE_NAMES.join(', ')}`, name ?? place);
  const flag = `USE_${package_.toUpperCase()}`;
  if (preprocessor.macros.named(`__?${flag}?__`).length > 0) return;
  for (const spelling of [`__${flag}__`, `__?${flag}?__`]) preprocessor.macros.define({ name: spelling, caseSensitive: true, parameters: undefined, body: [] });
  preprocessor.pushFile(lines[0].path, lines, place);
};

const push: Run = ({ preprocessor, tokens }) => {
  preprocessor.contexts.push({ name: tokens[0]?.text ?? '', id: preprocessor.uniqueId(), macros: new SingleMacros() });
};

const innermostContext = ({ preprocessor, name, place }: DirectiveLine) => {
  const context = preprocessor.contexts[preprocessor.contexts.length - 1];
  if (!context) throw new SourceError(`%${name}: the context stack is empty`, place);
  return context;
};

const pop: Run = (directive) => {
  const context = innermostContext(directive);
  const wanted = directive.tokens[0]?.text;
  if (wanted !== undefined && wanted !== context.name) throw new SourceError(`%pop in wrong context: ${context.name || 'anonymous'}, expected ${wanted}`, directive.place);
  directive.preprocessor.contexts.pop();
};

const repl: Run = (directive) => {
  innermostContext(directive).name = directive.tokens[0]?.text ?? '';
};

const message = ({ preprocessor, tokens }: DirectiveLine): string => {
  const expanded = preprocessor.expander.expand(tokens);
  return expanded.length === 1 && expanded[0].kind === 'string' ? stringText(expanded[0].text) : spell(expanded);
};

const error: Run = (directive) => {
  throw new SourceError(message(directive) || '%error', directive.place);
};

const warning: Run = (directive) => directive.preprocessor.host.diagnostics.warning(message(directive), directive.line.path, directive.place);

const fatal: Run = (directive) => {
  directive.preprocessor.stopped = true;
  error(directive);
};

const clear: Run = ({ preprocessor }) => {
  preprocessor.macros.clear();
  preprocessor.multiMacros.clear();
};

const unmatched: Run = ({ name, place }) => {
  throw new SourceError(`%${name} without its beginning`, place);
};

const ignore: Run = () => {};

export const DIRECTIVE_RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['define', define],
  ['idefine', define],
  ['xdefine', xdefine],
  ['ixdefine', xdefine],
  ['undef', undef],
  ['defalias', defalias],
  ['undefalias', undefalias],
  ['assign', assign],
  ['iassign', assign],
  ['macro', macro],
  ['imacro', macro],
  ['rmacro', macro],
  ['rimacro', macro],
  ['irmacro', macro],
  ['unmacro', unmacro],
  ['unimacro', unmacro],
  ['endmacro', unmatched],
  ['endm', unmatched],
  ['endrep', unmatched],
  ['rotate', rotate],
  ['rep', rep],
  ['exitrep', ({ preprocessor, place }) => preprocessor.leaveRepeat(place)],
  ['include', include],
  ['use', use],
  ['push', push],
  ['pop', pop],
  ['repl', repl],
  ['error', error],
  ['warning', warning],
  ['fatal', fatal],
  ['note', ignore],
  ['clear', clear],
  ['line', ignore],
  ['depend', ignore],
  ['pragma', ignore],
  ...STACK_RUNS,
  ...STRING_RUNS,
]);
