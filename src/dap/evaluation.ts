/** The result of an evaluation as the protocol writes it. */
import { formatValue, typeName, type Value } from '../debug/expressions';
import { referenceOf } from './memoryReference';
import type { Guest } from './guest';
import type { SessionContext } from './sessionContext';
import { childrenOf } from './variables';

export function evaluationBody(session: SessionContext, { threadId }: Guest, value: Value, hexadecimal?: boolean) {
  const children = value.place?.kind === 'register' ? childrenOf(value.place.name) : undefined;
  const memoryReference = referenceOf(value);
  return {
    result: formatValue(value, hexadecimal),
    type: typeName(value),
    variablesReference: session.handles.of(threadId, children),
    ...(memoryReference && { memoryReference }),
  };
}
