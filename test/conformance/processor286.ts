/**
 * Where a 286 and a 386 differ, for the cases captured on a 286: what a 386 does there instead, so that the case still says
 * something. (SDM Vol. 3, 23.2 and 20; 80386 Programmer's Reference Manual, 14.7.)
 */
import { decode, type Instruction, OpcodeMap } from '../../src/x86/decoder';
import { GP, SS_FAULT, UD } from '../../src/x86/exceptions';
import { CS, SS } from '../../src/x86/registers';

export interface Difference {
  readonly why: string;
  /** The exception a 386 raises, or one of them; undefined when it executes the instruction. */
  readonly vectors: readonly (number | undefined)[];
  /** Elements before the one that faults have been done. */
  readonly repeated: boolean;
}

const LOCK = 0xf0;
const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3]);
/** SDM Vol. 2, LOCK; all need a memory destination. */
const LOCKABLE = new Set(['adc', 'add', 'and', 'dec', 'inc', 'neg', 'not', 'or', 'sbb', 'sub', 'xchg', 'xor']);
const STACK_READERS = new Set(['leave', 'ret', 'retf', 'iret', 'pop', 'popa', 'popf']);
const MAX_LENGTH_286 = 10;
const FS = 4;

const opcodes = new OpcodeMap('386');

const decoded = (bytes: Uint8Array): Instruction | undefined => {
  const found = decode(opcodes, bytes, 0, bytes.length, 2);
  return found.kind === 'instruction' ? found.instruction : undefined;
};

/** Read through DS or an override; the destination is always in ES. */
const isSource = (operand: string): boolean => operand[0] === 'X';

const isLockable = (i: Instruction): boolean => {
  const [first, second] = i.spec.operands;
  return LOCKABLE.has(i.spec.mnemonic) && i.rm < 0 && (first[0] === 'E' || (i.spec.mnemonic === 'xchg' && second?.[0] === 'E'));
};

const differs = (why: string, ...vectors: (number | undefined)[]): Difference => ({ why, vectors, repeated: false });

/** `code`: the instruction and a HLT. `vector`: the exception the 286 raised, or -1. */
export function difference286(code: Uint8Array, vector: number): Difference | undefined {
  const bytes = code.subarray(0, -1);
  const opcodeAt = bytes.findIndex((byte) => !PREFIXES.has(byte));
  const locked = bytes.subarray(0, opcodeAt).includes(LOCK);
  const instruction = decoded(bytes.filter((byte, at) => at >= opcodeAt || byte !== LOCK));
  if (locked && !(instruction && isLockable(instruction))) return differs('LOCK where a 386 raises #UD', UD);
  if (vector < 0 || !instruction) return undefined;
  const { spec, segment, reg } = instruction;
  if (vector === GP && bytes.length > MAX_LENGTH_286) return differs('286 instruction length limit', undefined);
  if (vector === UD && spec.operands.includes('Sw') && reg >= FS && reg !== CS) return differs('FS and GS exist on a 386', undefined);
  if (vector !== GP) return undefined;
  const inMemory = instruction.rm < 0 && spec.hasModRm;
  if ((inMemory && segment === SS) || (!inMemory && STACK_READERS.has(spec.lift))) return differs('limit of SS: #SS on a 386', SS_FAULT);
  if (spec.lift === 'pop') return differs('a 286 moves SP before the fault', GP);
  if (spec.rep) {
    const overridden = spec.operands.some(isSource) && segment === SS;
    return { ...differs('a 286 advances the registers of a string instruction before the fault', ...(overridden ? [SS_FAULT, GP] : [GP])), repeated: instruction.repeat !== 0 };
  }
  return undefined;
}
