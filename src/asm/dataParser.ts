/** Operands of DB and its kin, and of RESB and its kin (NASM manual, 3.2.1 and 3.2.2). */
import { SourceError } from './diagnostics';
import type { Expression, TokenReader } from './expression';
import { DATA, SIZES } from './keywords';
import type { Data, DataItem, Reserve } from './statement';
import { stringBytes } from './strings';
import { type Place, type Token, isPunctuation, isWord } from './token';

const MAX_DEPTH = 50;

export function parseData(reader: TokenReader, unit: number, place: Place): Data {
  if (reader.done) throw new SourceError('no operand for data declaration', place);
  return { kind: 'data', unit, items: parseItems(reader, unit, 0), place };
}

export function parseReserve(reader: TokenReader, unit: number, place: Place): Reserve {
  if (reader.done) throw new SourceError('no count for reservation', place);
  return { kind: 'reserve', unit, count: reader.expression(), place };
}

function parseItems(reader: TokenReader, unit: number, depth: number): DataItem[] {
  if (depth > MAX_DEPTH) throw new SourceError('data is nested too deeply', reader.place);
  const items: DataItem[] = [];
  do {
    if (reader.done || isPunctuation(reader.peek(), ')')) break;
    items.push(parseItem(reader, unit, depth));
  } while (reader.skip(','));
  return items;
}

function parseItem(reader: TokenReader, unit: number, depth: number): DataItem {
  const token = reader.peek();
  const { place } = reader;
  if (isPunctuation(token, '?') || isWord(token, '?')) {
    reader.next();
    return { kind: 'uninitialized', place };
  }
  if (token?.kind === 'string' && endsItem(reader.peek(1))) {
    reader.next();
    return { kind: 'bytes', bytes: stringBytes(token.text), place };
  }
  const size = token?.kind === 'word' ? SIZES.get(token.text.toLowerCase()) : undefined;
  if (size) {
    reader.next();
    return isPunctuation(reader.peek(), '(') ? parseList(reader, size, depth, place) : group([parseItem(reader, size, depth + 1)], size, place);
  }
  if (isPunctuation(token, '%') && isPunctuation(reader.peek(1), '(')) {
    reader.next();
    return parseList(reader, unit, depth, place);
  }
  const value = reader.expression();
  if (reader.skipWord('dup')) return parseDuplicate(reader, value, unit, depth, place);
  if (value.kind === 'string' && token?.kind === 'word') return { kind: 'bytes', bytes: stringBytes(value.text), place };
  return floatItem(value) ?? { kind: 'value', value, place };
}

/** `%(1, 2)` and `word (1, 2)`. */
function parseList(reader: TokenReader, unit: number, depth: number, place: Place): DataItem {
  reader.expect('(');
  const items = parseItems(reader, unit, depth + 1);
  reader.expect(')');
  return group(items, unit, place);
}

const group = (items: readonly DataItem[], unit: number, place: Place): DataItem => ({ kind: 'duplicate', count: { kind: 'number', value: 1n, place }, items, unit, place });

const endsItem = (token: Token | undefined): boolean => token === undefined || isPunctuation(token, ',') || isPunctuation(token, ')');

function parseDuplicate(reader: TokenReader, count: Expression, unit: number, depth: number, place: Place): DataItem {
  const token = reader.peek();
  const named = token?.kind === 'word' ? (SIZES.get(token.text.toLowerCase()) ?? DATA.get(token.text.toLowerCase())) : undefined;
  if (named) reader.next();
  const inner = named ?? unit;
  const items = isPunctuation(reader.peek(), '(') ? [parseList(reader, inner, depth, place)] : [parseItem(reader, inner, depth + 1)];
  return { kind: 'duplicate', count, items, unit: inner, place };
}

function floatItem(value: Expression): DataItem | undefined {
  if (value.kind === 'float') return { kind: 'float', text: value.text, negative: false, place: value.place };
  if (value.kind !== 'unary' || value.operand.kind !== 'float' || (value.operator !== '-' && value.operator !== '+')) return undefined;
  return { kind: 'float', text: value.operand.text, negative: value.operator === '-', place: value.place };
}
