/** Operands: registers, `[memory]`, immediates and `selector:offset`, each with its size and distance keywords. */
import { SourceError } from './diagnostics';
import type { Expression, TokenReader } from './expression';
import { DISTANCES, SIZES } from './keywords';
import type { MemoryOperand, OperandSyntax } from './operand';
import type { Register } from './registerNames';
import { type Place, isPunctuation } from './token';

type Keywords = Pick<OperandSyntax, 'size' | 'strict' | 'distance' | 'to'>;

export function parseOperands(reader: TokenReader): OperandSyntax[] {
  const operands: OperandSyntax[] = [];
  if (reader.done) return operands;
  do operands.push(parseOperand(reader));
  while (reader.skip(','));
  return operands;
}

function parseOperand(reader: TokenReader): OperandSyntax {
  const start = reader.place;
  const from = reader.position;
  const operand = operandBody(reader, parseKeywords(reader));
  const last = reader.tokens[reader.position - 1] ?? start;
  const place = from < reader.position && last.line === start.line ? { line: start.line, column: start.column, endColumn: Math.max(last.endColumn, start.endColumn) } : start;
  return Object.assign(operand, { place });
}

function operandBody(reader: TokenReader, keywords: Keywords): OperandSyntax {
  const { place } = reader;
  if (isPunctuation(reader.peek(), '[')) return parseMemory(reader, keywords, place);
  const value = reader.expression();
  if (!reader.skip(':')) return value.kind === 'register' ? { kind: 'register', register: value.register, ...keywords, place } : { kind: 'immediate', value, ...keywords, place };
  const register = segmentRegister(value);
  if (register) return { ...parseMemory(reader, keywords, place), segment: register };
  const all = { ...keywords, ...parseKeywords(reader) };
  if (keywords.size && all.size !== keywords.size) throw new SourceError('mismatch in operand sizes', place);
  return { kind: 'far', selector: value, offset: reader.expression(), ...all, place };
}

function parseKeywords(reader: TokenReader): Keywords {
  let keywords: Keywords = {};
  for (;;) {
    const token = reader.peek();
    const word = token?.kind === 'word' ? token.text.toLowerCase() : '';
    const size = SIZES.get(word);
    if (size) {
      if (keywords.size && keywords.size !== size) throw new SourceError('invalid operand size specification', reader.place);
      keywords = { ...keywords, size };
    } else if (word === 'strict') keywords = { ...keywords, strict: true };
    else if (isDistance(word)) keywords = { ...keywords, distance: word };
    else if (word === 'to') keywords = { ...keywords, to: true };
    else return keywords;
    reader.next();
  }
}

const isDistance = (word: string): word is 'near' | 'far' | 'short' => (DISTANCES as ReadonlySet<string>).has(word);

function parseMemory(reader: TokenReader, keywords: Keywords, place: Place): MemoryOperand {
  reader.expect('[');
  let options = parseAddressKeywords(reader);
  let address: Expression = isPunctuation(reader.peek(), ',') ? { kind: 'number', value: 0n, place } : reader.expression();
  let segment: Register | undefined;
  if (reader.skip(':')) {
    segment = segmentRegister(address);
    if (!segment) throw new SourceError('a segment override must be a segment register', address.place);
    options = { ...options, ...parseAddressKeywords(reader) };
    address = reader.expression();
  }
  const index = reader.skip(',') ? reader.expression() : undefined;
  reader.expect(']');
  return { kind: 'memory', address, ...(index ? { index } : {}), ...(segment ? { segment } : {}), ...options, ...keywords, place };
}

function parseAddressKeywords(reader: TokenReader): Pick<MemoryOperand, 'displacementSize' | 'nosplit'> {
  let options: Pick<MemoryOperand, 'displacementSize' | 'nosplit'> = {};
  for (;;) {
    const token = reader.peek();
    const word = token?.kind === 'word' ? token.text.toLowerCase() : '';
    const size = SIZES.get(word);
    if (size && size <= 4) options = { ...options, displacementSize: size };
    else if (word === 'nosplit') options = { ...options, nosplit: true };
    else if (word !== 'abs' && word !== 'rel') return options;
    reader.next();
  }
}

const segmentRegister = (expression: Expression): Register | undefined =>
  expression.kind === 'register' && expression.register.file === 'segment' ? expression.register : undefined;
