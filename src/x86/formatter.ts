/**
 * Instruction to NASM source: what nasm would assemble to the same instruction at the same address.
 * Written from the operand letters of the table; prefixes that change nothing are left out.
 */
import type { Instruction } from './decoder';
import { INSTRUCTIONS } from './instructionTable';
import type { Operand } from './instructionSpec';
import { CONTROL_REGISTERS, DEBUG_REGISTERS, EBP, MMX_REGISTERS, REGISTERS_16, REGISTERS_32, REGISTERS_8, SEGMENT_REGISTERS, TEST_REGISTERS, XMM_REGISTERS } from './registers';

export interface FormatOptions {
  /** Name of a code or data address: an offset in its segment. */
  readonly symbol?: (address: number) => string | undefined;
}

/** What an operand formatter may look at. */
interface Context {
  readonly instruction: Instruction;
  readonly eip: number;
  readonly codeSize: 2 | 4;
  readonly symbol: (address: number) => string | undefined;
}

type OperandFormatter = (context: Context) => string;

/** Bytes an operand moves: fixed, by operand size (`v`), or not what its text shows. */
type Width = 1 | 2 | 4 | 8 | 16 | 'v' | undefined;

interface OperandSyntax {
  readonly format: OperandFormatter;
  /** Register or memory of this width; a register shows it, memory may need a keyword. */
  readonly width?: Width;
  /** Can be memory: takes the segment override and shows the address size. */
  readonly memory?: true;
  /** Implied by the mnemonic and not written. */
  readonly implied?: true;
}

const SIZE_KEYWORD = { 1: 'byte', 2: 'word', 4: 'dword', 8: 'qword', 16: 'oword' } as const;
const REGISTER_NAMES = { 1: REGISTERS_8, 2: REGISTERS_16, 4: REGISTERS_32 } as const;

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
const signed = (value: number): string => (value < 0 ? `-${hex(-value)}` : hex(value));
const sizeMask = (size: 2 | 4): number => (size === 2 ? 0xffff : 0xffffffff);
const bytesOf = <Fixed extends 1 | 2 | 4 | 8 | 16>(width: Fixed | 'v', { operandSize }: Instruction): Fixed | 2 | 4 => (width === 'v' ? operandSize : width);
const isMemory = ({ rm }: Instruction): boolean => rm < 0;

/** Displacements just below zero read better as subtractions: locals, and fields before a pointer. */
const LEAST_SUBTRACTION = -0x1000;

function displacementText(displacement: number, addressSize: 2 | 4): string {
  if (displacement === 0) return '';
  if (displacement < 0 && displacement > LEAST_SUBTRACTION) return signed(displacement);
  return `+${hex(displacement & sizeMask(addressSize))}`;
}

/** `[es:bx+si+0x10]`, `[ebx+ecx*4]`; an address of the other size and no register needs its size said. */
function memory({ instruction, codeSize, symbol }: Context): string {
  const { base, index, scale, displacement, addressSize, segmentOverride } = instruction;
  const segment = segmentOverride >= 0 ? `${SEGMENT_REGISTERS[segmentOverride]}:` : '';
  if (base < 0 && index < 0) {
    const offset = displacement & sizeMask(addressSize);
    return `[${addressSize === codeSize ? '' : `${SIZE_KEYWORD[addressSize]} `}${segment}${symbol(offset >>> 0) ?? hex(offset)}]`;
  }
  const names = REGISTER_NAMES[addressSize];
  // Without a base nasm would rather make one of the index; EBP as index must not become the base, which brings SS.
  const factor = scale > 0 || base < 0 || index === EBP ? `*${1 << scale}` : '';
  const indexText = index < 0 ? '' : `${names[index]}${addressSize === 4 ? factor : ''}`;
  const registers = [...(base < 0 ? [] : [names[base]]), ...(indexText ? [indexText] : [])].join('+');
  return `[${base < 0 ? 'nosplit ' : ''}${segment}${registers}${displacementText(displacement, addressSize)}]`;
}

/** nasm wants no size where it could say only one. */
const UNSIZED: ReadonlySet<string> = new Set(['cmpsd']);

/** Memory with `byte`, `word`, `dword`... unless another operand says it. */
function sizedMemory(context: Context, width: Exclude<Width, undefined>): string {
  const { instruction } = context;
  const size = bytesOf(width, instruction);
  const shown = instruction.spec.operands.some((o) => {
    const syntax = OPERAND_SYNTAX[o];
    return !syntax.memory && syntax.width !== undefined && bytesOf(syntax.width, instruction) === size;
  });
  return `${shown || UNSIZED.has(instruction.spec.mnemonic) ? '' : `${SIZE_KEYWORD[size]} `}${memory(context)}`;
}

const registerOrMemory = (width: 1 | 2 | 4 | 'v', memoryWidth = width): OperandSyntax => ({
  width,
  memory: true,
  format: (c) => (isMemory(c.instruction) ? sizedMemory(c, memoryWidth) : REGISTER_NAMES[bytesOf(width, c.instruction)][c.instruction.rm]),
});

/** An MMX or XMM register in ModRM.reg. */
const vectorRegister = (names: readonly string[], width: 8 | 16): OperandSyntax => ({ width, format: ({ instruction }) => names[instruction.reg] });

/** An MMX or XMM register in r/m, or memory of a width of its own. */
const vectorOrMemory = (names: readonly string[], width: 4 | 8 | 16): OperandSyntax => ({
  width,
  memory: true,
  format: (c) => (isMemory(c.instruction) ? sizedMemory(c, width) : names[c.instruction.rm]),
});

const generalRegister = (width: 1 | 2 | 4 | 'v'): OperandSyntax => ({ width, format: ({ instruction }) => REGISTER_NAMES[bytesOf(width, instruction)][instruction.reg] });

const fixedRegister = (width: 1 | 2 | 'v', number: number): OperandSyntax => ({ width, format: ({ instruction }) => REGISTER_NAMES[bytesOf(width, instruction)][number] });

const named = (names: readonly string[], width?: Width): OperandSyntax => ({ width, format: ({ instruction }) => names[instruction.reg] });

/** Written, but says nothing about the size of the operation: CL as a count, DX as a port, a segment register pushed. */
const literal = (text: string): OperandSyntax => ({ format: () => text });

const sizedMemoryOnly = (width: 2 | 4): OperandSyntax => ({ memory: true, width, format: (c) => sizedMemory(c, width) });

const plainMemory: OperandSyntax = { memory: true, format: memory };

const implied: OperandSyntax = { implied: true, format: () => '' };

/** Is it the second immediate of the row (ENTER)? */
const immediateOf = ({ immediate, immediate2, spec }: Instruction, operand: Operand): number =>
  spec.operands.indexOf(operand) === 1 && spec.operands[0][0] === 'I' ? immediate2 : immediate;

/** An immediate alone on the stack has only a keyword to show its size. */
const immediateKeyword = ({ instruction, codeSize }: Context): string =>
  instruction.spec.operands.length === 1 && instruction.operandSize !== codeSize ? `${SIZE_KEYWORD[instruction.operandSize]} ` : '';

/** Mnemonics with a short form, which nasm prefers wherever it reaches. */
const HAVE_SHORT_FORM: ReadonlySet<string> = new Set(INSTRUCTIONS.filter((s) => s.operands[0] === 'Jb').map((s) => s.mnemonic));
const HAVE_NEAR_FORM: ReadonlySet<string> = new Set(INSTRUCTIONS.filter((s) => s.operands[0] === 'Jz').map((s) => s.mnemonic));

/** Bytes a short form saves at most: the escape byte and the wider displacement. */
const SHORT_FORM_SAVES = 4;

/** Where a relative branch goes; a 16-bit operand size truncates it (SDM Vol. 2, JMP). */
function branchTarget({ instruction, eip }: Context): number {
  return ((eip + instruction.length + instruction.immediate) & sizeMask(instruction.operandSize)) >>> 0;
}

function shortBranch(context: Context): string {
  const { instruction, codeSize } = context;
  // With a size prefix nasm would widen the displacement.
  const keyword = instruction.operandSize !== codeSize && HAVE_NEAR_FORM.has(instruction.spec.mnemonic) ? 'short ' : '';
  return keyword + targetText(context);
}

function nearBranch(context: Context): string {
  const { instruction, codeSize } = context;
  const size = instruction.operandSize === codeSize ? '' : `${SIZE_KEYWORD[instruction.operandSize]} `;
  const reachable = instruction.immediate >= -0x80 - SHORT_FORM_SAVES && instruction.immediate < 0x80 + SHORT_FORM_SAVES;
  const near = HAVE_SHORT_FORM.has(instruction.spec.mnemonic) && (reachable || (size && instruction.spec.flow === 'branch')) ? 'near ' : '';
  return `${near}${size}${targetText(context)}`;
}

function targetText(context: Context): string {
  const target = branchTarget(context);
  return context.symbol(target) ?? hex(target);
}

function farPointer({ instruction, codeSize }: Context): string {
  const keyword = instruction.operandSize === codeSize ? '' : `${SIZE_KEYWORD[instruction.operandSize]} `;
  return `${keyword}${hex(instruction.displacement)}:${hex(instruction.immediate)}`;
}

/** A far pointer in memory: `far` where a near jump would look the same. */
function farPointerMemory(context: Context): string {
  const { instruction, codeSize } = context;
  if (instruction.spec.operands.length > 1) return memory(context);
  return `${instruction.operandSize === codeSize ? '' : `${SIZE_KEYWORD[instruction.operandSize]} `}far ${memory(context)}`;
}

/** Operand letter to its syntax. Letters are explained in instructionSpec.ts. */
const OPERAND_SYNTAX: Readonly<Record<Operand, OperandSyntax>> = {
  Eb: registerOrMemory(1),
  Ew: registerOrMemory(2),
  Ed: registerOrMemory(4),
  Ev: registerOrMemory('v'),
  RvMw: registerOrMemory('v', 2),
  RdMw: registerOrMemory(4, 2),
  Gd: generalRegister(4),
  Pq: vectorRegister(MMX_REGISTERS, 8),
  Qq: vectorOrMemory(MMX_REGISTERS, 8),
  // nasm takes the doubleword that PUNPCKL reads for a quadword.
  Qd: vectorOrMemory(MMX_REGISTERS, 8),
  Nq: vectorOrMemory(MMX_REGISTERS, 8),
  Vx: vectorRegister(XMM_REGISTERS, 16),
  Wx: vectorOrMemory(XMM_REGISTERS, 16),
  Wu: vectorOrMemory(XMM_REGISTERS, 16),
  Wq: vectorOrMemory(XMM_REGISTERS, 8),
  Wd: vectorOrMemory(XMM_REGISTERS, 4),
  Ux: vectorOrMemory(XMM_REGISTERS, 16),
  Rd: registerOrMemory(4),
  Gb: generalRegister(1),
  Gw: generalRegister(2),
  Gv: generalRegister('v'),
  Zb: generalRegister(1),
  Zv: generalRegister('v'),
  Sw: named(SEGMENT_REGISTERS, 2),
  Cd: named(CONTROL_REGISTERS, 4),
  Dd: named(DEBUG_REGISTERS, 4),
  Td: named(TEST_REGISTERS, 4),
  AL: fixedRegister(1, 0),
  AX: fixedRegister(2, 0),
  eAX: fixedRegister('v', 0),
  CL: literal('cl'),
  DX: literal('dx'),
  ST: literal('st0'),
  STi: { format: ({ instruction }) => `st${instruction.rm}` },
  '1': literal('1'),
  ES: literal('es'),
  CS: literal('cs'),
  SS: literal('ss'),
  DS: literal('ds'),
  FS: literal('fs'),
  GS: literal('gs'),
  M: plainMemory,
  Ma: plainMemory,
  Mi: plainMemory,
  Ms: plainMemory,
  Mw: sizedMemoryOnly(2),
  Md: { memory: true, width: 4, format: (c) => sizedMemory(c, 4) },
  Mq: { memory: true, width: 8, format: (c) => sizedMemory(c, 8) },
  Mx: { memory: true, width: 16, format: (c) => sizedMemory(c, 16) },
  Mt: { memory: true, format: (c) => `tword ${memory(c)}` },
  Mp: { memory: true, format: farPointerMemory },
  Ob: { memory: true, format: memory },
  Ov: { memory: true, format: memory },
  Ib: { format: ({ instruction }) => hex(immediateOf(instruction, 'Ib')) },
  Iw: { format: ({ instruction }) => hex(instruction.immediate) },
  Iz: { format: (c) => immediateKeyword(c) + hex(c.instruction.immediate) },
  Ibs: { format: (c) => immediateKeyword(c) + signed(c.instruction.immediate) },
  Jb: { format: shortBranch },
  Jz: { format: nearBranch },
  Ap: { format: farPointer },
  Xb: implied,
  Xv: implied,
  Yb: implied,
  Yv: implied,
};

/** Operands whose text, keyword included, or whose mnemonic already tells the operand size. */
const SHOWS_OPERAND_SIZE: ReadonlySet<Operand> = new Set<Operand>([
  ...(Object.keys(OPERAND_SYNTAX) as Operand[]).filter((o) => OPERAND_SYNTAX[o].width !== undefined || OPERAND_SYNTAX[o].implied),
  ...(['Iz', 'Ibs', 'Jz', 'Ap', 'M', 'Ma'] as const),
]);

function sizePrefixes({ instruction, codeSize }: Context): string[] {
  const { spec, operandSize, addressSize } = instruction;
  const prefixes: string[] = [];
  // jecxz is jcxz with 32-bit addresses and says so itself.
  if (addressSize !== codeSize && addressSizeHidden(instruction) && spec.lift !== 'jcxz') prefixes.push(`a${addressSize * 8}`);
  if (operandSize !== codeSize && !operandSizeShown(instruction, codeSize)) prefixes.push(`o${operandSize * 8}`);
  return prefixes;
}

/** String instructions, xlatb, MASKMOVQ and loops use addresses, or a count, that no bracket shows; registers and immediates use none. */
function addressSizeHidden({ spec: { operands, lift } }: Instruction): boolean {
  if (lift === 'maskedStore') return true;
  if (operands.some((o) => OPERAND_SYNTAX[o].memory)) return false;
  return operands.some((o) => OPERAND_SYNTAX[o].implied) || !operands.some((o) => OPERAND_SYNTAX[o].width !== undefined || o[0] === 'I');
}

function operandSizeShown({ spec, operandSize }: Instruction, codeSize: 2 | 4): boolean {
  // Of pusha|pushad only the long name has a fixed size: the short one means the current size. Of cbw|cwde both have.
  if (spec.mnemonic !== spec.mnemonic32) return operandSize === 4 || !(codeSize === 4 && spec.mnemonic32.startsWith(spec.mnemonic));
  return spec.operands.some((o) => SHOWS_OPERAND_SIZE.has(o)) || (spec.operands[0] === 'Mp' && spec.operands.length === 1);
}

function repeatPrefix({ spec, repeat }: Instruction): string[] {
  if (!spec.rep || !repeat) return [];
  return [repeat === 0xf2 ? 'repne' : spec.rep];
}

/** A segment override that no bracket can take: string sources, the likes of xlatb, and MASKMOVQ. */
function segmentPrefix({ spec, segmentOverride }: Instruction): string[] {
  const accesses = spec.operands.length === 0 || spec.operands.some((o) => o[0] === 'X') || spec.lift === 'maskedStore';
  return segmentOverride >= 0 && accesses ? [SEGMENT_REGISTERS[segmentOverride]] : [];
}

function mnemonicOf({ spec, operandSize, addressSize }: Instruction): string {
  if (spec.lift === 'jcxz') return addressSize === 4 ? 'jecxz' : 'jcxz';
  return operandSize === 4 ? spec.mnemonic32 : spec.mnemonic;
}

/** NASM source of an instruction at `eip` in a code segment of `codeSize` (2 or 4, by the D bit). */
export function formatInstruction(instruction: Instruction, eip: number, codeSize: 2 | 4, options: FormatOptions = {}): string {
  const context: Context = { instruction, eip, codeSize, symbol: options.symbol ?? (() => undefined) };
  const prefixes = [...sizePrefixes(context), ...repeatPrefix(instruction), ...(instruction.lock ? ['lock'] : []), ...segmentPrefix(instruction)];
  const operands = instruction.spec.operands.map((o) => OPERAND_SYNTAX[o]).filter((s) => !s.implied);
  // A string instruction names its other operand, AL or DX, by its mnemonic too.
  const written = operands.length < instruction.spec.operands.length ? [] : operands.map((s) => s.format(context));
  const words = [...prefixes, mnemonicOf(instruction)].join(' ');
  return written.length > 0 ? `${words} ${written.join(',')}` : words;
}
