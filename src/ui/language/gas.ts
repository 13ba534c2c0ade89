/** GNU assembler source (.s, .S): where mnemonics, labels and registers stand. AT&T names have a size as suffix. Pure. */
import { factsOf } from '../instructionFacts';
import type { Span } from '../sourceLine';

const COMMENT = /\/\*.*?\*\/|\/\/.*$|#.*$|"(?:\\.|[^"\\])*"/g;
const STATEMENT = /^\s*(?:[\w.$]+:\s*)*(?:(?:rep\w*|lock)\s+)*([A-Za-z][\w]*)/;

export const blankGas = (line: string): string => line.replace(COMMENT, (text) => ' '.repeat(text.length));

/** NASM's name of an AT&T mnemonic: `movl`, `ljmp`, `movzbl`. */
export function intelName(mnemonic: string): string | undefined {
  const name = mnemonic.toLowerCase();
  if (factsOf(name)) return name;
  const far = /^l(jmp|call|ret)[wl]?$/.exec(name);
  if (far) return far[1] === 'ret' ? 'retf' : far[1];
  const extended = /^mov([sz])[bw][wl]$/.exec(name);
  if (extended) return extended[1] === 's' ? 'movsx' : 'movzx';
  const bare = /^(.+)[bwlqst]$/.exec(name)?.[1];
  return bare && factsOf(bare) ? bare : undefined;
}

/** Operands in Intel's order, without the marks of AT&T syntax, so that `movl %eax, %cr0` is known for what it is. */
const intelOperands = (text: string): string => {
  const parts = text.split(/,(?![^(]*\))/).map((p) => p.trim().replace(/[%$]/g, '').replace(/^\*/, ''));
  return text.includes('%') ? parts.reverse().join(', ') : parts.join(', ');
};

export function gasInstructionAt(line: string, column: number): { mnemonic: Span; name: string; operands: string } | undefined {
  const blank = blankGas(line);
  const match = STATEMENT.exec(blank);
  if (!match) return undefined;
  const [whole, text] = match;
  const [start, end] = [whole.length - text.length, whole.length];
  const name = intelName(text);
  if (!name || column < start || column > end) return undefined;
  return { mnemonic: { start, end, text }, name, operands: intelOperands(blank.slice(end).split(';')[0].trim()) };
}
