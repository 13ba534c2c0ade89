/** Expanded lines to statements (NASM manual, 3.1). */
import type { PrefixName } from '../x86/aliases';
import { parseData, parseReserve } from './dataParser';
import { SourceError } from './diagnostics';
import { type Expression, TokenReader } from './expression';
import { FORMS, PREFIX_NAMES } from './forms';
import { ALIGN_FILL, DATA, DIRECTIVES, RESERVE } from './keywords';
import { parseOperands } from './operandParser';
import { REGISTERS } from './registerNames';
import type { Body, Incbin, Label, Statement } from './statement';
import { stringText } from './strings';
import { type Place, type SourceLine, type Token, isPunctuation, isWord, span } from './token';

const OPENERS = new Set(['times', 'equ', 'incbin', 'at', ...ALIGN_FILL.keys(), ...DIRECTIVES, ...DATA.keys(), ...RESERVE.keys()]);

const opensBody = (name: string): boolean => FORMS.has(name) || PREFIX_NAMES.has(name) || OPENERS.has(name);

export function parseStatement(line: SourceLine): Statement {
  const place = span(line.tokens);
  const end = { line: place.line, column: place.endColumn, endColumn: place.endColumn + 1 };
  const first = line.tokens[0];
  const common = { path: line.path, line: line.line, place };
  if (isPunctuation(first, '[')) return { ...common, label: undefined, times: undefined, body: bracketed(line.tokens, place, end) };
  const reader = new TokenReader(line.tokens, end);
  const label = parseLabel(reader);
  const times: Expression[] = [];
  const body = reader.done ? undefined : parseBody(reader, times);
  if (!reader.done) throw new SourceError(`end of line expected${reader.found()}`, reader.place);
  return { ...common, label, times: times.at(-1), body };
}

function bracketed(tokens: readonly Token[], place: Place, end: Place): Body {
  if (!isPunctuation(tokens[tokens.length - 1], ']')) throw new SourceError("expected `]' at the end of a directive", end);
  const [name, ...rest] = tokens.slice(1, -1);
  if (name?.kind !== 'word') throw new SourceError('directive name expected', name ?? end);
  return { kind: 'directive', name: name.text.toLowerCase(), arguments: rest, primitive: true, place };
}

function parseLabel(reader: TokenReader): Label | undefined {
  const token = reader.peek();
  if (token?.kind !== 'word' || token.text === '$' || token.text === '$$') {
    if (token) throw new SourceError(`label or instruction expected at start of line, got \`${token.text}'`, token);
    return undefined;
  }
  const colon = isPunctuation(reader.peek(1), ':');
  const name = token.text.toLowerCase();
  if (REGISTERS.has(name) && !PREFIX_NAMES.has(name)) throw new SourceError(`register \`${token.text}' cannot be a label`, token);
  if (opensBody(name) && !colon) return undefined;
  reader.next();
  if (colon) reader.skip(':');
  else if (!reader.done && !opensBody(reader.peek()?.text.toLowerCase() ?? '')) throw new SourceError(`unknown instruction \`${token.text}'`, token);
  return { name: token.text.replace(/^\$/, ''), place: token, orphan: !colon && reader.done };
}

function parseBody(reader: TokenReader, times: Expression[]): Body {
  const prefixes: PrefixName[] = [];
  const start = reader.place;
  for (;;) {
    const token = reader.peek();
    if (!token) return { kind: 'prefixes', prefixes, place: start };
    const name = token.kind === 'word' ? token.text.toLowerCase() : '';
    const prefix = PREFIX_NAMES.get(name);
    if (name === 'times') {
      reader.next();
      times.push(reader.expression());
      reader.skip(',');
    } else if (prefix) {
      if (prefixes.some(({ group, value }) => group === prefix.group && value !== prefix.value)) throw new SourceError('instruction has conflicting prefixes', token);
      prefixes.push(prefix);
      reader.next();
    } else return parseStem(reader, token, name, prefixes);
  }
}

function parseStem(reader: TokenReader, token: Token, name: string, prefixes: readonly PrefixName[]): Body {
  const place = span(reader.tokens, reader.position);
  reader.next();
  const unit = DATA.get(name);
  if (unit) return parseData(reader, unit, place);
  const reserved = RESERVE.get(name);
  if (reserved) return parseReserve(reader, reserved, place);
  if (FORMS.has(name)) return { kind: 'instruction', mnemonic: name, prefixes, operands: parseOperands(reader), place };
  if (name === 'equ') return { kind: 'equ', value: reader.expression(), place };
  if (name === 'incbin') return parseIncbin(reader, place);
  if (ALIGN_FILL.has(name)) return parseAlign(reader, name, place);
  if (name === 'at') return parseAt(reader, place);
  if (DIRECTIVES.has(name)) return { kind: 'directive', name, arguments: reader.rest(), primitive: false, place };
  throw new SourceError(name ? `unknown instruction \`${token.text}'` : `instruction expected, got \`${token.text}'`, token);
}

function parseIncbin(reader: TokenReader, place: Place): Incbin {
  const file = reader.next();
  if (file?.kind !== 'string') throw new SourceError('incbin expects a file name', file ?? place);
  const optional = () => (reader.skip(',') ? reader.expression() : undefined);
  const skip = optional();
  return { kind: 'incbin', file: stringText(file.text), skip, count: skip && optional(), place };
}

function parseAlign(reader: TokenReader, name: string, place: Place): Body {
  const boundary = reader.expression();
  if (reader.skip(',') && !reader.done) return { kind: 'align', boundary, fill: parseBody(reader, []), smart: false, place };
  if (ALIGN_FILL.get(name) === 'nop') return { kind: 'align', boundary, smart: true, fill: { kind: 'instruction', mnemonic: 'nop', prefixes: [], operands: [], place }, place };
  return { kind: 'align', boundary, smart: false, fill: { kind: 'reserve', unit: 1, count: { kind: 'number', value: 1n, place }, place }, place };
}

function parseAt(reader: TokenReader, place: Place): Body {
  const field = reader.expression();
  if (!reader.skip(',') || reader.done) return { kind: 'at', field, body: undefined, place };
  if (isWord(reader.peek(), 'times')) throw new SourceError('TIMES cannot stand in AT', reader.place);
  return { kind: 'at', field, body: parseBody(reader, []), place };
}
