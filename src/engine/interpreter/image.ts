/** The compiled interpreter and the numbering of its handlers: what every VM of a process shares, immutable and made once. */
import { once } from '../../base/once';
import { FormTable } from '../forms';
import { emittedInterpreter } from './emitted';

export interface InterpreterImage {
  readonly module: WebAssembly.Module;
  readonly forms: FormTable;
}

/** Compiled on first use; V8 compiles each function when it is first called. */
export const interpreterImage = once((): InterpreterImage => {
  const forms = new FormTable();
  return { module: new WebAssembly.Module(emittedInterpreter(forms)), forms };
});
