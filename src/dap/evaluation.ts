/** The result of an evaluation as the protocol writes it. */
import { formatValue, typeName, type Value } from '../debug/expressions';
import { referenceOf } from './memoryReference';
import type { SessionContext } from './sessionContext';
import { childrenOf } from './variables';

export function evaluationBody(session: SessionContext, value: Value, hexadecimal?: boolean) {
  const children = value.place?.kind === 'register' ? childrenOf(value.place.name) : undefined;
  const memoryReference = referenceOf(value);
  return {
    result: formatValue(value, hexadecimal),
    type: typeName(value),
    variablesReference: session.handles.of(children),
    ...(memoryReference && { memoryReference }),
  };
}
