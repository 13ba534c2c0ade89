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
    if (size !== unit) throw new SourceError('mismatch in operand sizes', place);
    reader.next();
  }
  const value = reader.expression();
  if (reader.skipWord('dup')) return parseDuplicate(reader, value, unit, depth, place);
  return floatItem(value) ?? { kind: 'value', value, place };
}

const endsItem = (token: Token | undefined): boolean => token === undefined || isPunctuation(token, ',') || isPunctuation(token, ')');

function parseDuplicate(reader: TokenReader, count: Expression, unit: number, depth: number, place: Place): DataItem {
  const token = reader.peek();
  const named = token?.kind === 'word' ? (SIZES.get(token.text.toLowerCase()) ?? DATA.get(token.text.toLowerCase())) : undefined;
  if (named) reader.next();
  const inner = named ?? unit;
  if (!reader.skip('(')) return { kind: 'duplicate', count, items: [parseItem(reader, inner, depth + 1)], unit: inner, place };
  const items = parseItems(reader, inner, depth + 1);
  reader.expect(')');
  return { kind: 'duplicate', count, items, unit: inner, place };
}

function floatItem(value: Expression): DataItem | undefined {
  if (value.kind === 'float') return { kind: 'float', text: value.text, negative: false, place: value.place };
  if (value.kind !== 'unary' || value.operand.kind !== 'float' || (value.operator !== '-' && value.operator !== '+')) return undefined;
  return { kind: 'float', text: value.operand.text, negative: value.operator === '-', place: value.place };
}
