/**
 * The interpreter's module, emitted. That takes half a second, so bundles have another module in place of this one, which
 * has the bytes at hand (scripts/interpreter.mjs).
 */
import type { FormTable } from '../forms';
import { emitInterpreter } from './module';

export const emittedInterpreter = (forms: FormTable): Uint8Array<ArrayBuffer> => emitInterpreter(forms);
