/**
 * Other names of instructions, as assemblers accept them (NASM manual, appendix B; SDM Vol. 2).
 * `operandSize`: the bytes the name stands for; `default`: the size of the code segment, so never a prefix.
 */
import { CONDITIONS } from './conditions';

export interface Alias {
  readonly name: string;
  readonly of: string;
  readonly operandSize?: 2 | 4 | 'default';
  /** Count register and so the address size, of JCXZ and LOOP. */
  readonly addressSize?: 2 | 4;
  /** Byte before the instruction. */
  readonly prefix?: number;
  /** Value of the last operand, which is not written. */
  readonly immediate?: number;
  /** WAIT comes first: the x87 instruction that reports pending exceptions. */
  readonly waits?: true;
}

const conditional = (stem: string): Alias[] => CONDITIONS.flatMap(({ name, aliases }) => aliases.map((alias) => ({ name: `${stem}${alias}`, of: `${stem}${name}` })));

/** Comparison predicates in the order of their numbers (SDM Vol. 2, CMPPS). */
const PREDICATES = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];
const comparisons = ['ps', 'pd', 'ss', 'sd'].flatMap((suffix) =>
  PREDICATES.map((predicate, immediate): Alias => ({ name: `cmp${predicate}${suffix}`, of: `cmp${suffix}`, immediate })),
);
const waiting = (...names: string[]): Alias[] => names.map((name) => ({ name: `f${name}`, of: `fn${name}`, waits: true }));

export const ALIASES: readonly Alias[] = [
  ...conditional('j'),
  ...conditional('set'),
  ...conditional('cmov'),
  ...comparisons,
  { name: 'sal', of: 'shl' },
  { name: 'xlat', of: 'xlatb' },
  { name: 'fwait', of: 'wait' },
  { name: 'int01', of: 'int1' },
  { name: 'icebp', of: 'int1' },
  { name: 'int03', of: 'int3' },
  { name: 'pause', of: 'nop', prefix: 0xf3 },
  ...waiting('init', 'clex', 'eni', 'disi', 'stcw', 'stsw', 'stenv', 'save'),
  { name: 'loopz', of: 'loope' },
  { name: 'loopnz', of: 'loopne' },
  { name: 'jcxz', of: 'jcxz', addressSize: 2 },
  { name: 'jecxz', of: 'jcxz', addressSize: 4 },
  { name: 'retn', of: 'ret' },
  { name: 'retw', of: 'ret', operandSize: 2 },
  { name: 'retd', of: 'ret', operandSize: 4 },
  { name: 'retnw', of: 'ret', operandSize: 2 },
  { name: 'retnd', of: 'ret', operandSize: 4 },
  { name: 'retfw', of: 'retf', operandSize: 2 },
  { name: 'retfd', of: 'retf', operandSize: 4 },
  { name: 'iret', of: 'iret', operandSize: 'default' },
  { name: 'iretw', of: 'iret', operandSize: 2 },
  { name: 'pushf', of: 'pushf', operandSize: 'default' },
  { name: 'pushfw', of: 'pushf', operandSize: 2 },
  { name: 'popf', of: 'popf', operandSize: 'default' },
  { name: 'popfw', of: 'popf', operandSize: 2 },
  { name: 'pusha', of: 'pusha', operandSize: 'default' },
  { name: 'pushaw', of: 'pusha', operandSize: 2 },
  { name: 'popa', of: 'popa', operandSize: 'default' },
  { name: 'popaw', of: 'popa', operandSize: 2 },
];

export interface PrefixName {
  readonly name: string;
  readonly group: 'wait' | 'repeat' | 'lock' | 'segment' | 'operandSize' | 'addressSize';
  /** The prefix byte, or the size in bytes that o16, o32, a16 and a32 ask for. */
  readonly value: number;
}

/** Prefixes written before a mnemonic, in the order they are emitted. */
export const PREFIXES: readonly PrefixName[] = [
  { name: 'wait', group: 'wait', value: 0x9b },
  { name: 'rep', group: 'repeat', value: 0xf3 },
  { name: 'repe', group: 'repeat', value: 0xf3 },
  { name: 'repz', group: 'repeat', value: 0xf3 },
  { name: 'repne', group: 'repeat', value: 0xf2 },
  { name: 'repnz', group: 'repeat', value: 0xf2 },
  { name: 'lock', group: 'lock', value: 0xf0 },
  { name: 'es', group: 'segment', value: 0x26 },
  { name: 'cs', group: 'segment', value: 0x2e },
  { name: 'ss', group: 'segment', value: 0x36 },
  { name: 'ds', group: 'segment', value: 0x3e },
  { name: 'fs', group: 'segment', value: 0x64 },
  { name: 'gs', group: 'segment', value: 0x65 },
  { name: 'o16', group: 'operandSize', value: 2 },
  { name: 'o32', group: 'operandSize', value: 4 },
  { name: 'a16', group: 'addressSize', value: 2 },
  { name: 'a32', group: 'addressSize', value: 4 },
];
