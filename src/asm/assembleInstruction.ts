/** Assemble one line on its own, as tests and the debugger's patch command do. */
import { assemble } from './assemble';
import type { Diagnostic } from './assembly';

export interface AssembledInstruction {
  readonly bytes: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
}

export function assembleInstruction(text: string, bits: 16 | 32, address = 0): AssembledInstruction {
  const { bytes, diagnostics } = assemble(`bits ${bits}\norg ${address >>> 0}\n${text}\n`, { path: '<instruction>', readFile: () => undefined });
  return { bytes, diagnostics: diagnostics.map((diagnostic) => ({ ...diagnostic, line: diagnostic.line - 2 })) };
}
