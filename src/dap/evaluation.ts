/** The result of an evaluation as the protocol writes it. */
import { hasParts } from '../debug/c/cFormat';
import { isScalar } from '../debug/c/cNumber';
import { formatAddress } from '../debug/breakpoints';
import { formatValue, typeName, type Value } from '../debug/expressions';
import { elementCount, memoryOf, partsKey } from './cVariables';
import { referenceOf } from './memoryReference';
import type { Guest } from './guest';
import type { SessionContext } from './sessionContext';
import { childrenOf } from './variables';

/** What was asked. */
interface Asked {
  readonly expression: string;
  /** Of the call stack, from 0. */
  readonly frame: number;
  readonly hexadecimal?: boolean;
}

export function evaluationBody(session: SessionContext, guest: Guest, value: Value, { expression, frame, hexadecimal }: Asked) {
  const { threadId, target } = guest;
  const { object, format } = value.c ?? {};
  const plain = value.place?.kind === 'register' ? childrenOf(value.place.name) : undefined;
  const children = object ? (hasParts(object.type) ? partsKey(frame, expression.trim()) : undefined) : plain;
  const memory = object && format ? memoryOf(object, format.scope) : undefined;
  const memoryReference = memory === undefined ? (object ? undefined : referenceOf(value)) : formatAddress(memory);
  // Code that the value is, or points at.
  const code = object && isScalar(object.type) ? value.value : (value.linear ?? value.value);
  const place = target.sourceMap.location(code);
  const count = object && elementCount(object.type);
  return {
    result: formatValue(value, hexadecimal),
    type: typeName(value),
    variablesReference: session.handles.of(threadId, children),
    ...(count !== undefined && { indexedVariables: count }),
    ...(memoryReference && { memoryReference }),
    ...(place && { valueLocationReference: session.locations.of(place) }),
  };
}
