/** The result of an evaluation as the protocol writes it. */
import { formatValue, typeName, type Value } from '../debug/expressions';
import { referenceOf } from './memoryReference';
import type { Guest } from './guest';
import type { SessionContext } from './sessionContext';
import { childrenOf } from './variables';

export function evaluationBody(session: SessionContext, { threadId, target }: Guest, value: Value, hexadecimal?: boolean) {
  const children = value.place?.kind === 'register' ? childrenOf(value.place.name) : undefined;
  const memoryReference = referenceOf(value);
  // Code that the value points at.
  const place = value.linear === undefined ? target.sourceMap.location(value.value) : target.sourceMap.location(value.linear);
  return {
    result: formatValue(value, hexadecimal),
    type: typeName(value),
    variablesReference: session.handles.of(threadId, children),
    ...(memoryReference && { memoryReference }),
    ...(place && { valueLocationReference: session.locations.of(place) }),
  };
}
