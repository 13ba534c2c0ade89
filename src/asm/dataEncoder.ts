/** DB and its kin to bytes. */
import { SourceError } from './diagnostics';
import { type Scope, evaluate } from './evaluate';
import type { Expression } from './expression';
import { floatBytes } from './floats';
import type { EncodingContext } from './emission';
import { pushNumber } from './integers';
import { MAX_OUTPUT } from './section';
import type { DataItem } from './statement';
import { isPlain } from './value';

export function encodeData(items: readonly DataItem[], unit: number, context: EncodingContext): number[] {
  const bytes: number[] = [];
  for (const item of items) encodeItem(item, unit, context, bytes);
  return bytes;
}

function encodeItem(item: DataItem, unit: number, context: EncodingContext, bytes: number[]): void {
  switch (item.kind) {
    case 'uninitialized':
      return pad(bytes, unit);
    case 'bytes':
      for (const byte of item.bytes) bytes.push(byte);
      return pad(bytes, (unit - (item.bytes.length % unit)) % unit);
    case 'float': {
      const float = floatBytes(item.text, unit, item.negative);
      if (!float) throw new SourceError(`\`${item.text}' is for dt alone`, item.place);
      bytes.push(...float);
      return;
    }
    case 'value': {
      const value = evaluate(item.value, context.scope);
      for (const unknown of value.terms.keys()) if (unknown.type === 'register') throw new SourceError('a register is not data', item.place);
      if (unit > 8) throw new SourceError(`an integer cannot stand in ${unit === 10 ? 'dt' : 'do'}`, item.place);
      return pushNumber(bytes, context.resolve(value, item.place, { offset: bytes.length, width: unit }), unit, item.place, 'either', context);
    }
    case 'duplicate':
      return encodeDuplicate(item, context, bytes);
  }
}

function encodeDuplicate(item: DataItem & { kind: 'duplicate' }, context: EncodingContext, bytes: number[]): void {
  const count = evaluateCount(item.count, context.scope);
  const before = context.relocations.length;
  const once = encodeData(item.items, item.unit, context);
  const own = context.relocations.splice(before);
  if (bytes.length + once.length * count > MAX_OUTPUT) throw new SourceError(`data larger than ${MAX_OUTPUT >> 20} MiB`, item.place);
  for (let n = 0; n < count; n++) {
    for (const relocation of own) context.relocations.push({ ...relocation, offset: relocation.offset + bytes.length });
    for (const byte of once) bytes.push(byte);
  }
}

/** A count of repetitions: a plain number, not negative. */
export function evaluateCount(expression: Expression, scope: Scope): number {
  const value = evaluate(expression, scope);
  if (!isPlain(value)) throw new SourceError('a count must be a plain number, not an address', expression.place);
  if (value.undetermined) return 0;
  if (value.number < 0n) throw new SourceError(`count ${value.number} is negative`, expression.place);
  return Number(value.number > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value.number);
}

const pad = (bytes: number[], count: number): void => {
  for (let n = 0; n < count; n++) bytes.push(0);
};
