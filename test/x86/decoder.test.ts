/**
 * The decoder against iced-x86, on random bytes: the same length, the same instruction, the same operands, or both refuse.
 * DECODER_CASES and DECODER_SEED choose how many and which.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as iced from 'iced-x86';
import { decode, type Decoded, type Instruction, OpcodeMap } from '../../src/x86/decoder';
import { type CpuGeneration, LATEST_GENERATION } from '../../src/x86/instructionSpec';
import {
  branchOperand,
  farOperand,
  immediateOperand,
  isWordOperand,
  memoryOperand,
  operandValues,
  randomInstructions,
  registerOperand,
  SLOT,
  stringOperand,
} from './randomInstructions';

const CASES = Number(process.env.DECODER_CASES ?? 100_000);
const SEED = Number(process.env.DECODER_SEED ?? 0x80386);

const { CpuidFeature, Decoder, DecoderOptions, Mnemonic, OpKind, Register } = iced;

/** Up to the Pentium 4: what the table is about. TSC, MSR and so on are CPUID bits of that time. */
const FEATURES: ReadonlySet<number> = new Set([
  CpuidFeature.INTEL8086,
  CpuidFeature.INTEL8086_ONLY,
  CpuidFeature.INTEL186,
  CpuidFeature.INTEL286,
  CpuidFeature.INTEL386,
  CpuidFeature.INTEL486,
  CpuidFeature.CMOV,
  CpuidFeature.CPUID,
  CpuidFeature.CX8,
  CpuidFeature.FPU,
  CpuidFeature.FPU287,
  CpuidFeature.FPU387,
  CpuidFeature.MMX,
  CpuidFeature.MSR,
  CpuidFeature.MULTIBYTENOP,
  CpuidFeature.RDPMC,
  CpuidFeature.SEP,
  CpuidFeature.TSC,
  CpuidFeature.FXSR,
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.CLFSH,
]); // prettier-ignore

interface Case {
  readonly bytes: Uint8Array;
  readonly prefixes: readonly number[];
  /** After the prefixes. */
  readonly opcode: number;
  readonly second: number;
  readonly ours: Decoded;
  readonly theirs: iced.Instruction;
  readonly mnemonic: string;
  readonly features: readonly number[];
}

/** Every difference that is meant, and why. The first that applies counts. */
const DIFFERENCES: readonly (readonly [reason: string, applies: (c: Case) => boolean])[] = [
  ['0F 3F is the call from the BIOS to its services', (c) => c.opcode === 0x0f && c.second === 0x3f],
  ['UD0 is invalid either way', (c) => c.ours.kind === 'invalid' && c.mnemonic === 'ud0'],
  ['a hint of a later processor is a NOP', (c) => c.ours.kind === 'instruction' && c.ours.instruction.spec.mnemonic === 'nop' && !c.features.every((f) => FEATURES.has(f))],
  ['later than the Pentium 4, or of another maker', (c) => c.ours.kind === 'invalid' && !c.theirs.isInvalid && !c.features.every((f) => FEATURES.has(f))],
  ['VMCALL takes no operand-size or repeat prefix', (c) => c.theirs.isInvalid && c.ours.kind === 'instruction' && c.ours.instruction.spec.mnemonic === 'vmcall'],
];

const OPTIONS = DecoderOptions.NoPause | DecoderOptions.NoWbnoinvd | DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD;

const REGISTER_BLOCKS: readonly (readonly [kind: string, first: number, count: number])[] = [
  ['r8', Register.AL, 8],
  ['r16', Register.AX, 8],
  ['r32', Register.EAX, 8],
  ['segment', Register.ES, 6],
  ['control', Register.CR0, 8],
  ['debug', Register.DR0, 8],
  ['st', Register.ST0, 8],
  ['mm', Register.MM0, 8],
  ['xmm', Register.XMM0, 8],
]; // prettier-ignore

function theirRegister(register: number, isWord: boolean): string {
  const [kind, first] = REGISTER_BLOCKS.find(([, first, count]) => register >= first && register < first + count) ?? ['none', 0];
  return registerOperand(isWord && kind[0] === 'r' ? 'word' : kind, register - first);
}

const addressRegister = (register: number): number => (register === Register.None ? -1 : register >= Register.EAX ? register - Register.EAX : register - Register.AX);

function theirOperand(i: iced.Instruction, n: number, ours: Instruction): string {
  const isWord = isWordOperand(ours.spec.operands[n]);
  const kind = i.opKind(n);
  switch (kind) {
    case OpKind.Register:
      return theirRegister(i.opRegister(n), isWord);
    case OpKind.NearBranch16:
      return branchOperand(i.nearBranch16);
    case OpKind.NearBranch32:
      return branchOperand(i.nearBranch32);
    case OpKind.FarBranch16:
      return farOperand(i.farBranchSelector, i.farBranch16);
    case OpKind.FarBranch32:
      return farOperand(i.farBranchSelector, i.farBranch32);
    case OpKind.MemorySegSI:
    case OpKind.MemorySegESI:
      return stringOperand(i.memorySegment - Register.ES, 'si', kind === OpKind.MemorySegSI ? 2 : 4);
    case OpKind.MemoryESDI:
    case OpKind.MemoryESEDI:
      return stringOperand(0, 'di', kind === OpKind.MemoryESDI ? 2 : 4);
    case OpKind.Memory:
      return memoryOperand(
        i.memorySegment - Register.ES,
        addressRegister(i.memoryBase),
        addressRegister(i.memoryIndex),
        Math.log2(i.memoryIndexScale),
        Number(BigInt.asIntN(32, i.memoryDisplacement)),
        ours.addressSize,
      );
    default:
      return immediateOperand(Number(BigInt.asUintN(kind === OpKind.Immediate8to16 ? 16 : 32, i.immediate(n))));
  }
}

const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = { shl: ['sal'], nop: ['xchg', 'reservednop'], fstp: ['fstpnce'], fsetpm: ['fnsetpm'] };

/** Names under which iced-x86 knows a row of the table. */
function matchesMnemonic({ spec, operandSize, addressSize }: Instruction, theirs: string): boolean {
  if (spec.lift === 'jcxz') return theirs === (addressSize === 4 ? 'jecxz' : 'jcxz');
  const ours = operandSize === 4 ? spec.mnemonic32 : spec.mnemonic;
  return theirs === ours || (OTHER_NAMES[ours]?.includes(theirs) ?? false);
}

function difference(c: Case): string | undefined {
  const { ours, theirs, mnemonic } = c;
  if (ours.kind === 'tooLong') return theirs.isInvalid ? undefined : `too long, but ${mnemonic}`;
  if (theirs.isInvalid) return ours.kind === 'invalid' ? undefined : `invalid, but ${ours.kind}`;
  if (ours.kind !== 'instruction') return `${ours.kind}, but ${mnemonic}`;
  const { instruction } = ours;
  if (!matchesMnemonic(instruction, mnemonic)) return `${instruction.spec.mnemonic}, but ${mnemonic}`;
  if (instruction.length !== theirs.length) return `${instruction.spec.mnemonic}: length ${instruction.length}, but ${theirs.length}`;
  if (instruction.lock !== theirs.hasLockPrefix) return `${instruction.spec.mnemonic}: lock`;
  const operands = operandValues(instruction, 0);
  // As many as the table has: iced-x86 also lists what a mnemonic implies, XLATB's memory for one, and MASKMOVQ's first of all.
  const implied = instruction.spec.lift === 'maskedStore' ? 1 : 0;
  const expected = operands.map((_, n) => theirOperand(theirs, n + implied, instruction));
  return operands.join(', ') === expected.join(', ') ? undefined : `${instruction.spec.encoding} ${instruction.spec.mnemonic}: ${operands.join(', ')}; but ${expected.join(', ')}`;
}

const PREFIX = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
const hexBytes = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(' ');

for (const codeSize of [2, 4] as const) {
  test(`${codeSize * 8}-bit code decodes as iced-x86 does`, (t) => {
    const map = new OpcodeMap(LATEST_GENERATION);
    const bytes = randomInstructions(CASES, SEED + codeSize);
    const decoder = new Decoder(codeSize * 8, bytes, OPTIONS);
    const theirs = new iced.Instruction();
    const counts = new Map<string, number>();
    const unexplained: string[] = [];
    try {
      for (let start = 0; start < bytes.length; start += SLOT) {
        decoder.position = start;
        decoder.ip = 0n;
        decoder.decodeOut(theirs);
        const ours = decode(map, bytes, start, start + SLOT, codeSize);
        let at = start;
        while (PREFIX.has(bytes[at])) at++;
        const name = Mnemonic[theirs.mnemonic].toLowerCase();
        const one: Case = { bytes, prefixes: [...bytes.subarray(start, at)], opcode: bytes[at], second: bytes[at + 1], ours, theirs, mnemonic: name, features: [] };
        const found = difference(one);
        if (found === undefined) continue;
        const explained = { ...one, features: [...theirs.cpuidFeatures()] };
        const reason = DIFFERENCES.find(([, applies]) => applies(explained))?.[0];
        if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
        else unexplained.push(`${hexBytes(bytes.subarray(start, start + SLOT))}: ${found}`);
      }
    } finally {
      theirs.free();
      decoder.free();
    }
    t.diagnostic(`seed ${SEED}, ${CASES} cases, ${codeSize * 8}-bit`);
    for (const [reason, count] of counts) t.diagnostic(`${count} differ: ${reason}`);
    assert.deepEqual(unexplained.slice(0, 10), [], `${unexplained.length} unexplained differences`);
  });
}

test('how long decoding takes', (t) => {
  const map = new OpcodeMap('p6');
  const bytes = randomInstructions(20_000, SEED);
  for (let round = 0; round < 4; round++) {
    let instructions = 0;
    const begin = process.hrtime.bigint();
    for (let n = 0; n < 20; n++) for (let start = 0; start < bytes.length; start += SLOT) if (decode(map, bytes, start, start + SLOT, 4).kind === 'instruction') instructions++;
    const elapsed = Number(process.hrtime.bigint() - begin);
    if (round === 3) t.diagnostic(`${(elapsed / (20 * 20_000)).toFixed(0)} ns for each of random bytes, ${Math.round((100 * instructions) / (20 * 20_000))} % instructions`);
  }
});

test('bytes that end early, and instructions that do not end', () => {
  const map = new OpcodeMap('p6');
  const kind = (...bytes: number[]): string => decode(map, Uint8Array.from(bytes), 0, bytes.length, 2).kind;
  assert.equal(kind(), 'truncated');
  assert.equal(kind(0x66), 'truncated');
  assert.equal(kind(0x0f), 'truncated');
  assert.equal(kind(0xb8, 0x34), 'truncated');
  assert.equal(kind(0x8b, 0x46), 'truncated');
  assert.equal(kind(0x8b, 0x46, 0x10), 'instruction');
  assert.equal(kind(...new Array<number>(14).fill(0x66), 0x90), 'instruction');
  assert.equal(kind(...new Array<number>(14).fill(0x66)), 'truncated');
  assert.equal(kind(...new Array<number>(15).fill(0x66)), 'tooLong'); // no room for an opcode
  assert.equal(kind(...new Array<number>(15).fill(0x66), 0x90), 'tooLong');
  assert.equal(kind(...new Array<number>(13).fill(0x26), 0xb8, 0x34, 0x12), 'tooLong');
});

test('an older processor has fewer instructions', () => {
  const has = (cpu: CpuGeneration, ...bytes: number[]): boolean => decode(new OpcodeMap(cpu), Uint8Array.from(bytes), 0, bytes.length, 4).kind === 'instruction';
  assert.equal(has('386', 0x0f, 0xa2), false); // cpuid
  assert.equal(has('p6', 0x0f, 0xa2), true);
  assert.equal(has('386', 0x0f, 0x24, 0xf0), true); // mov eax,tr6
  assert.equal(has('p6', 0x0f, 0x24, 0xf0), false);
  assert.equal(has('p6', 0x0f, 0x58, 0xc1), false); // addps xmm0,xmm1
  assert.equal(has('p3', 0x0f, 0x58, 0xc1), true);
  assert.equal(has('p3', 0x66, 0x0f, 0x58, 0xc1), false); // addpd xmm0,xmm1
  assert.equal(has('p4', 0x66, 0x0f, 0x58, 0xc1), true);
  assert.equal(has('p4', 0xf3, 0x0f, 0x54, 0xc1), false); // andps has no scalar form
  assert.equal(has('p6', 0x0f, 0x20, 0x00), true); // mov eax,cr0 whatever ModRM.mod
  assert.equal(has('p6', 0x0f, 0x20, 0xc8), false); // cr1
});

test('VMREAD and VMWRITE are #UD, as on every processor without VMX', () => {
  const map = new OpcodeMap(LATEST_GENERATION);
  for (const second of [0x78, 0x79]) assert.equal(decode(map, Uint8Array.of(0x0f, second, 0xc1), 0, 3, 4).kind, 'invalid');
});
