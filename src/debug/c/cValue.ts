/** C expressions among the debugger's: when a text is one, and its value as the others have theirs. */
import { UserError } from '../../base/userError';
import { TAG } from '../../symbols/dwarf/constants';
import { type CType, sizeOf } from '../../symbols/dwarf/types';
import type { EvaluationContext, Value } from '../expressions';
import { assignC, evaluateC, isAboutVariables } from './cEvaluate';
import { type FormatContext, formatObject } from './cFormat';
import { isScalar, numberOf } from './cNumber';
import { addressOf, type CObject, type CScope } from './cScope';
import { type CNode, parseC } from './cSyntax';

/** What a value of a C expression has besides a number. */
export interface CValue {
  readonly object: CObject;
  readonly format: FormatContext;
}

const parse = (text: string, scope: CScope): CNode => parseC(text, (name) => scope.findType([TAG.typedef], name) !== undefined);

/** The value of a C expression; undefined for a text that is none, or, unless `whatever`, that is not about variables. Throws UserError. */
export function evaluateAsC(text: string, context: EvaluationContext, whatever = false): Value | undefined {
  const scope = context.scope?.();
  if (!scope) return undefined;
  let node: CNode;
  try {
    node = parse(text, scope);
  } catch (error) {
    if (error instanceof UserError && !text.includes('->')) return undefined;
    throw error;
  }
  return whatever || isAboutVariables(node, scope) ? valueOfC(evaluateC(node, scope), scope, context) : undefined;
}

export function valueOfC(object: CObject, scope: CScope, { symbols }: EvaluationContext): Value {
  const { type } = object;
  const scalar = isScalar(type) ? numberOf(scope, object) : undefined;
  const address = addressOf(object);
  const linear = address === undefined ? undefined : scope.linear(address);
  const value = scalar === undefined ? (linear ?? 0) : Number(BigInt.asUintN(32, BigInt(Math.trunc(Number(scalar)) || 0)));
  const size = sizeOf(type);
  return {
    value,
    size: size === 1 || size === 2 || size === 4 ? size : 0,
    ...(linear !== undefined && { linear }),
    c: { object, format: { scope, symbols } },
  };
}

/** Whether a condition of this value holds; undefined when the value is not there. */
export function truthOf({ object, format }: CValue): boolean | undefined {
  if (!isScalar(object.type)) return true;
  const value = numberOf(format.scope, object);
  return value === undefined ? undefined : Number(value) !== 0;
}

/** Give what `place` denotes the value of a C expression. Throws UserError. */
export function assignAsC({ object, format: { scope } }: CValue, text: string): void {
  assignC(object, evaluateC(parse(text, scope), scope), scope);
}

export const formatC = ({ object, format }: CValue, hexadecimal?: boolean): string => formatObject(object, { ...format, ...(hexadecimal && { hexadecimal }) });

export const typeOfC = ({ object: { type } }: CValue): CType => type;
