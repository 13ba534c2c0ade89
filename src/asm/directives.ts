/** Directives of the assembler and of the flat binary format (NASM manual, chapters 7 and 8.1). */
import { CPUS } from './cpu';
import { SourceError } from './diagnostics';
import type { Environment } from './environment';
import { padInstance } from './emit';
import { type Expression, TokenReader } from './expression';
import { evaluate } from './evaluate';
import type { Section } from './section';
import { ALIGN_MODES, THRESHOLDS } from './smartAlign';
import type { Directive } from './statement';
import { isPunctuation, isWord } from './token';
import { plain } from './value';

type Run = (directive: Directive, environment: Environment) => void;

export function executeDirective(directive: Directive, environment: Environment): void {
  const run = RUNS.get(directive.name);
  if (!run) throw new SourceError(`unrecognized directive [${directive.name.toUpperCase()}]`, directive.place);
  run(directive, environment);
}

const readerOf = ({ arguments: tokens, place }: Directive): TokenReader => new TokenReader(tokens, { line: place.line, column: place.endColumn, endColumn: place.endColumn + 1 });

function soleExpression(directive: Directive): Expression {
  const reader = readerOf(directive);
  if (reader.done) throw new SourceError(`${directive.name.toUpperCase()} expects a value`, directive.place);
  const expression = reader.expression();
  if (!reader.done) throw new SourceError(`end of line expected${reader.found()}`, reader.place);
  return expression;
}

function org(directive: Directive, environment: Environment): void {
  if (environment.format !== 'bin') throw new SourceError('ORG is for flat binaries: a linker decides where an object file goes', directive.place);
  const expression = soleExpression(directive);
  const origin = environment.evaluateCritical(expression, 'origin');
  if (environment.origin !== undefined && environment.origin !== origin) throw new SourceError('program origin redefined', directive.place);
  if (origin < 0n || origin > 0xffffffffn) throw new SourceError('the origin must lie within 4 GiB', expression.place);
  environment.origin = origin;
}

function bits(directive: Directive, environment: Environment): void {
  const expression = soleExpression(directive);
  const value = environment.evaluateCritical(expression, 'segment size');
  if (value !== 16n && value !== 32n) throw new SourceError(`\`${value}' is not a supported segment size; it must be 16 or 32`, expression.place);
  environment.bits = value === 16n ? 16 : 32;
}

const use =
  (size: 16 | 32): Run =>
  (_, environment) => {
    environment.bits = size;
  };

function section(directive: Directive, environment: Environment): void {
  const reader = readerOf(directive);
  const name = reader.next();
  if (name?.kind !== 'word') throw new SourceError('section name expected', name ?? directive.place);
  environment.absolute = undefined;
  environment.section = environment.openSection(name.text);
  while (!reader.done) sectionAttribute(reader, environment.section, environment);
}

function sectionAttribute(reader: TokenReader, target: Section, environment: Environment): void {
  const token = reader.next();
  const name = token?.text.toLowerCase() ?? '';
  const { attributes } = target;
  if (name === 'progbits' || name === 'nobits') {
    attributes.nobits = name === 'nobits';
    return;
  }
  if (!reader.skip('=')) {
    const flag = /^(no)?(alloc|exec|write)$/.exec(name);
    if (flag) attributes[flag[2] as 'alloc' | 'exec' | 'write'] = !flag[1];
    else if (!['code', 'data', 'bss', 'text'].includes(name)) environment.warn(`unknown section attribute \`${token?.text}' ignored`, token);
    return;
  }
  if (name === 'follows' || name === 'vfollows') {
    attributes[name] = reader.next()?.text;
    return;
  }
  if (!['start', 'vstart', 'align', 'valign'].includes(name)) {
    reader.next();
    return environment.warn(`unknown section attribute \`${token?.text}' ignored`, token);
  }
  const expression = reader.expression();
  const value = environment.evaluateCritical(expression, `section attribute \`${name}'`);
  if (name === 'start' || name === 'vstart') attributes[name] = value;
  else if (name === 'align' && value > 0n && value <= 1n << 30n && (value & (value - 1n)) === 0n) attributes.align = Number(value);
  else if (name === 'align') throw new SourceError(`alignment ${value} is not a power of two`, expression.place);
}

function absolute(directive: Directive, environment: Environment): void {
  const base = evaluate(soleExpression(directive), environment);
  environment.absolute = { base, offset: 0 };
}

function cpu(directive: Directive, environment: Environment): void {
  const name = directive.arguments
    .map((token) => token.text)
    .join('')
    .toLowerCase();
  const known = CPUS.get(name);
  if (!known) throw new SourceError(`unknown CPU \`${name}'`, directive.place);
  environment.cpu = known;
}

function struc(directive: Directive, environment: Environment): void {
  const reader = readerOf(directive);
  const name = reader.next();
  if (name?.kind !== 'word') throw new SourceError('structure name expected', name ?? directive.place);
  if (environment.structure) throw new SourceError(`STRUC inside STRUC \`${environment.structure.name}'`, directive.place);
  const start = reader.skip(',') ? environment.evaluateCritical(reader.expression(), 'structure offset') : 0n;
  environment.structure = { name: name.text, start, absolute: environment.absolute, localBase: environment.localBase, place: directive.place };
  environment.absolute = { base: plain(start), offset: 0 };
  environment.localBase = name.text;
  environment.defineSymbol(name.text, environment.address, 'label', name);
}

function endstruc(directive: Directive, environment: Environment): void {
  const { structure, absolute: segment } = environment;
  if (!structure) throw new SourceError('ENDSTRUC without STRUC', directive.place);
  environment.defineSymbol(`${structure.name}_size`, plain(BigInt(segment?.offset ?? 0)), 'constant', structure.place);
  environment.absolute = structure.absolute;
  environment.localBase = `${structure.name}_size`;
  environment.structure = undefined;
}

function istruc(directive: Directive, environment: Environment): void {
  const [name] = directive.arguments;
  if (name?.kind !== 'word') throw new SourceError('structure name expected', name ?? directive.place);
  if (environment.instance) throw new SourceError('ISTRUC inside ISTRUC', directive.place);
  environment.instance = { name: name.text, start: environment.address };
}

function iend(directive: Directive, environment: Environment): void {
  const { instance } = environment;
  if (!instance) throw new SourceError('IEND without ISTRUC', directive.place);
  try {
    padInstance(environment, environment.symbol(`${instance.name}_size`, { kind: 'here', place: directive.place }).number);
  } finally {
    environment.instance = undefined;
  }
}

/** `[alignmode generic, 8]`; NOJMP in place of the threshold lets no jump go over padding. */
function alignmode(directive: Directive, environment: Environment): void {
  const reader = readerOf(directive);
  const name = reader.next();
  const mode = ALIGN_MODES.find((known) => isWord(name, known));
  if (!mode) throw new SourceError(`alignment mode expected: ${ALIGN_MODES.join(', ')}`, name ?? directive.place);
  const threshold = !reader.skip(',') || reader.done ? THRESHOLDS[mode] : reader.skipWord('nojmp') ? -1 : Number(environment.evaluateCritical(reader.expression(), 'threshold'));
  environment.smartAlign = { mode, threshold };
}

function sectalign(directive: Directive, environment: Environment): void {
  if (isWord(directive.arguments[0], 'on') || isWord(directive.arguments[0], 'off')) return;
  const expression = soleExpression(directive);
  const value = Number(environment.evaluateCritical(expression, 'alignment'));
  if (value > environment.alignment) environment.section.attributes.align = value;
}

/** `extern a, b` and `common c 4:4`: size and alignment in bytes. */
function external(directive: Directive, environment: Environment): void {
  const names = directive.arguments.filter((token) => !isPunctuation(token, ','));
  if (environment.format === 'elf32') {
    for (const reader = readerOf(directive); !reader.done; ) declareExternal(reader, directive.name === 'common', environment);
    return;
  }
  throw new SourceError(`external symbol \`${names[0]?.text ?? ''}': a flat binary has no linker to resolve it`, names[0] ?? environment.place);
}

function declareExternal(reader: TokenReader, isCommon: boolean, environment: Environment): void {
  const name = symbolName(reader);
  const size = isCommon ? Number(environment.evaluateCritical(reader.expression(), 'size of the common symbol')) : 0;
  const align = isCommon && reader.skip(':') ? Number(environment.evaluateCritical(reader.expression(), 'alignment')) : 1;
  if (!isCommon && reader.skip(':')) reader.next();
  reader.skip(',');
  const { externals } = environment.shared;
  if (!externals.has(name)) externals.set(name, { type: 'external', name, ...(isCommon ? { common: { size, align } } : {}) });
}

function symbolName(reader: TokenReader): string {
  const token = reader.next();
  if (token?.kind !== 'word') throw new SourceError('symbol name expected', token ?? reader.end);
  return token.text.replace(/^\$/, '');
}

/** `global a, b:function`; a size behind the type is left to the reader of the object file. */
function global(directive: Directive, environment: Environment): void {
  for (const reader = readerOf(directive); !reader.done; ) {
    const { place } = reader;
    const name = symbolName(reader);
    const word = reader.skip(':') ? reader.next()?.text.toLowerCase() : undefined;
    const type = word === 'function' ? 'function' : word === 'data' || word === 'object' ? 'object' : 'none';
    environment.shared.globals.set(name, { type, path: environment.path, place });
    while (!reader.done && !reader.skip(',')) reader.next();
  }
}

const ignore: Run = () => {};

const RUNS: ReadonlyMap<string, Run> = new Map(
  Object.entries<Run>({
    org,
    bits,
    use16: use(16),
    use32: use(32),
    section,
    segment: section,
    absolute,
    cpu,
    struc,
    endstruc,
    istruc,
    iend,
    sectalign,
    alignmode,
    extern: external,
    common: external,
    global,
    static: ignore,
    default: ignore,
    float: ignore,
    warning: ignore,
    map: ignore,
    list: ignore,
    debug: ignore,
    __sect__: ignore,
  }),
);
