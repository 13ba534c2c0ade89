/** One form with its operands to bytes: prefixes, opcode, ModRM, SIB, displacement, immediates (SDM Vol. 2, 2.1). */
import type { PrefixName } from '../x86/aliases';
import type { Cpu } from './cpu';
import { SourceError } from './diagnostics';
import type { Address } from './effectiveAddress';
import type { Scope } from './evaluate';
import { type Form, type Letter, PREFIX_NAMES, type Places } from './forms';
import { pushNumber } from './integers';
import type { Field, Relocation } from './object/relocation';
import { PADLOCK } from './later/laterRow';
import { addressFor, vexPrefix } from './later/vexPrefix';
import type { Operand } from './operand';
import type { Instruction } from './statement';
import type { Place } from './token';
import { type Value, add, plain, subtract } from './value';

export interface EncodingContext {
  readonly bits: 16 | 32;
  readonly scope: Scope;
  /** Address of the instruction: `$`, except in the repetitions of TIMES. */
  readonly at: Value;
  readonly cpu: Cpu;
  /** The last pass, which writes bytes; in the others their number counts. */
  readonly final: boolean;
  /** The number a value stands for once sections have addresses. */
  resolve(value: Value, place: Place, field?: Field): bigint;
  /** Those that the number just resolved, and others before it, gave the linker. */
  readonly relocations: Relocation[];
  warn(message: string, place: Place): void;
}

/** An instruction whose operands have been evaluated. */
export interface Evaluated {
  readonly instruction: Instruction;
  readonly operands: readonly Operand[];
  readonly address: Address | undefined;
  readonly prefixes: ReadonlyMap<PrefixName['group'], number>;
  readonly addressSize: 2 | 4;
  readonly context: EncodingContext;
}

/** Collects the bytes of one instruction. `final` emission resolves addresses and warns about values that do not fit. */
export class Emission {
  readonly bytes: number[];

  constructor(
    private readonly form: Form,
    private readonly size: 2 | 4,
    private readonly evaluated: Evaluated,
    private readonly final: boolean,
  ) {
    this.bytes = prefixBytes(form, size, evaluated);
    this.opcode();
    if (form.spec.hasModRm && form.spec.modRm === undefined) this.modRm();
    for (const [at, letter] of form.spec.operands.entries()) this.immediate(letter, at);
  }

  private written(at: number): Operand | undefined {
    return this.evaluated.operands[this.form.order.indexOf(at)];
  }

  private operand(place: keyof Places): Operand | undefined {
    return this.evaluated.operands[this.form.places[place]];
  }

  private number(value: Value, width: number, place: Place, range: Parameters<typeof pushNumber>[4] = 'either'): void {
    pushNumber(this.bytes, this.resolve(value, width, place), width, place, range, this.final ? this.evaluated.context : undefined);
  }

  private resolve(value: Value, width: number, place: Place): bigint {
    return this.final ? this.evaluated.context.resolve(value, place, { offset: this.bytes.length, width }) : value.number;
  }

  private opcode(): void {
    const { spec } = this.form;
    if (spec.later?.vex) this.bytes.push(...vexPrefix(spec, registerNumber(this.operand('source') ?? this.written(0))));
    else this.legacyOpcode();
    this.bytes.push(spec.opcode + registerNumber(this.operand('opcode')));
    if (spec.modRm !== undefined) this.bytes.push(spec.modRm);
  }

  private legacyOpcode(): void {
    const { spec } = this.form;
    // PadLock's own REP gives way to a written one.
    const written = spec.later?.feature === PADLOCK && this.evaluated.prefixes.has('repeat');
    if (spec.prefix && spec.prefix !== 'NP' && !written) this.bytes.push(Number.parseInt(spec.prefix, 16));
    if (spec.map) this.bytes.push(spec.map);
    if (spec.later?.escape) this.bytes.push(spec.later.escape);
  }

  private modRm(): void {
    const reg = this.form.spec.extension ?? registerNumber(this.operand('reg'));
    const rm = this.operand('rm') ?? this.operand('stack') ?? this.operand('source');
    const { address } = this.evaluated;
    if (rm?.kind === 'register') this.bytes.push(0xc0 | (reg << 3) | rm.register.number);
    else if (this.form.spec.operands.includes('STi')) this.bytes.push(0xc0 | (reg << 3) | DEFAULT_STACK_REGISTER);
    else if (address) {
      const encoded = addressFor(this.form.spec.later?.vex, address);
      this.bytes.push((encoded.mod << 6) | (reg << 3) | encoded.rm);
      if (encoded.sib !== undefined) this.bytes.push(encoded.sib);
      const { displacement = address.displacement, displacementSize } = encoded;
      if (displacementSize) this.number(displacement, displacementSize, address.memory.place);
    } else if (this.form.spec.registerOnly) this.bytes.push(0xc0 | (reg << 3));
  }

  private immediate(letter: Letter, at: number): void {
    const operand = this.written(at);
    const { address } = this.evaluated;
    const width = immediateWidth(letter, this.size);
    if (letter[0] === 'L') this.bytes.push(registerNumber(operand) << 4);
    if (!operand && width === 1 && this.form.alias?.immediate !== undefined) this.bytes.push(this.form.alias.immediate);
    if (letter[0] === 'O' && address) this.number(address.displacement, address.size, address.memory.place);
    else if (operand?.kind === 'far') {
      this.number(operand.worth, this.size, operand.place);
      this.number(operand.selectorWorth, 2, operand.place);
    } else if (operand?.kind !== 'immediate' || width === 0) return;
    else if (letter[0] === 'J') this.displacement(operand.worth, width, operand.place);
    else this.number(operand.worth, width, operand.place, letter !== 'Ibs' ? 'either' : operand.size === 1 ? 'signed' : 'any');
  }

  /** Relative to the end of the instruction, which the displacement itself ends. */
  private displacement(target: Value, width: number, place: Place): void {
    const { context } = this.evaluated;
    const distance = subtract(target, add(context.at, plain(BigInt(this.bytes.length + width))));
    const number = this.resolve(distance, width, place);
    if (this.final && width === 1 && (number < -128n || number > 127n)) throw new SourceError(`short jump is out of range: ${number} bytes away`, place);
    pushNumber(this.bytes, number, width, place, 'any');
  }
}

/** ST(1), where the source does not name it. */
const DEFAULT_STACK_REGISTER = 1;

const registerNumber = (operand: Operand | undefined): number => (operand?.kind === 'register' ? operand.register.number : 0);

function immediateWidth(letter: Letter, size: number): number {
  if (letter === 'Ib' || letter === 'Ibs' || letter === 'Jb') return 1;
  if (letter === 'Iw') return 2;
  return letter === 'Iz' || letter === 'Jz' ? size : 0;
}

const WAIT = 0x9b;

export const segmentPrefix = (name: string): number => PREFIX_NAMES.get(name)?.value ?? 0;

function prefixBytes(form: Form, size: 2 | 4, evaluated: Evaluated): number[] {
  const { prefixes, context, operands, address } = evaluated;
  const own = context.bits / 8;
  const { alias } = form;
  const bytes = (['wait', 'repeat', 'lock'] as const).flatMap((group) =>
    group === 'wait' && alias?.waits ? WAIT : group === 'repeat' ? repetition(form, evaluated) : (prefixes.get(group) ?? []),
  );
  if (alias?.prefix) bytes.push(alias.prefix);
  const segment = address?.memory.segment ? segmentPrefix(address.memory.segment.name) : prefixes.get('segment');
  if (segment) bytes.push(segment);
  const needsSize = form.operandSize !== undefined && form.operandSize !== 'default' && !isSizeless(form, operands) && size !== own;
  const asked = prefixes.get('operandSize');
  if (asked === undefined ? needsSize : asked !== own) bytes.push(0x66);
  const addressSize = prefixes.get('addressSize') ?? form.alias?.addressSize ?? countRegister(form, operands) ?? evaluated.addressSize;
  if (addressSize !== own) bytes.push(0x67);
  return bytes;
}

/** A short JMP leaves the bounds alone, and BND away. */
const repetition = ({ operands }: Form, { prefixes, instruction }: Evaluated): readonly number[] | number => {
  const written = prefixes.get('repeat');
  return written === undefined || (instruction.mnemonic === 'jmp' && operands[0] === 'Jb' && instruction.prefixes.some(({ name }) => name === 'bnd')) ? [] : written;
};

/** The operand size says nothing about the 16 bits that SLDT, STR, SMSW and MOV from a segment register store in memory. */
const isSizeless = (form: Form, operands: readonly Operand[]): boolean => form.operands.some((letter, n) => letter === 'RvMw' && operands[n].kind === 'memory');

/** LOOP may name its count register, which is its address size. */
export function countRegister(form: Form, operands: readonly Operand[]): 2 | 4 | undefined {
  const [, count] = operands;
  if (!form.spec.lift.startsWith('loop') || operands.length !== 2 || count.kind !== 'register') return undefined;
  return count.register.name === 'cx' ? 2 : count.register.name === 'ecx' ? 4 : undefined;
}
