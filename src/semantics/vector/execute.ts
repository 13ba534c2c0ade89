/**
 * Vector instructions: operands by the letters of the row, the operation by its mnemonic. What is checked and in which
 * order: SDM Vol. 2, 2.4 (exceptions of SIMD instructions); Vol. 3, 13.1.
 */
import { CPU } from '../../x86/cpuState';
import { NM, UD } from '../../x86/exceptions';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../../x86/flags';
import type { InstructionSpec, Operand } from '../../x86/instructionSpec';
import { INSTRUCTIONS } from '../../x86/instructionTable';
import { type ExecutionContext, raise } from '../system/context';
import { checkWritable, readWide, viewWide, writeWide } from '../system/wideOperand';
import { DATA_OPERATIONS } from './dataOperations';
import { FLOAT_OPERATIONS } from './floatOperations';
import { leaveMmx, requireMmx } from './mmxState';
import { FloatEnvironment } from './mxcsr';
import type { Operation } from './operation';

interface OperandPlace {
  readonly file: 'general' | 'mmx' | 'xmm';
  /** Field of ModRM that names the register. */
  readonly field: 'reg' | 'rm';
  /** Bytes in memory. */
  readonly bytes: number;
  readonly alignment: 1 | 16;
}

const place = (file: OperandPlace['file'], field: OperandPlace['field'], bytes: number, alignment: 1 | 16 = 1): OperandPlace => ({ file, field, bytes, alignment });

const PLACES: Partial<Readonly<Record<Operand, OperandPlace>>> = {
  Vx: place('xmm', 'reg', 16),
  Wx: place('xmm', 'rm', 16, 16),
  Wu: place('xmm', 'rm', 16),
  Wq: place('xmm', 'rm', 8),
  Wd: place('xmm', 'rm', 4),
  Ux: place('xmm', 'rm', 16),
  Mx: place('xmm', 'rm', 16, 16),
  Mq: place('xmm', 'rm', 8),
  Pq: place('mmx', 'reg', 8),
  Qq: place('mmx', 'rm', 8),
  Nq: place('mmx', 'rm', 8),
  Gd: place('general', 'reg', 4),
  Ed: place('general', 'rm', 4),
  RdMw: place('general', 'rm', 2),
};

interface Plan {
  readonly operation: Operation;
  readonly destination: OperandPlace;
  readonly source: OperandPlace | undefined;
  readonly usesMmx: boolean;
  readonly usesXmm: boolean;
}

function planOf({ operands, mnemonic }: InstructionSpec): Plan {
  const [destination, source] = operands.map((operand) => PLACES[operand]);
  const operation = DATA_OPERATIONS[mnemonic] ?? FLOAT_OPERATIONS[mnemonic];
  if (!operation || !destination) throw new Error(`no operation for ${mnemonic} ${operands.join()}`);
  return { operation, destination, source, usesMmx: operands.some((o) => /^[PQN]/.test(o)), usesXmm: operands.some((o) => /^[VWU]/.test(o)) };
}

/** By row number, for the rows that are vector instructions. */
const PLANS: readonly (Plan | undefined)[] = INSTRUCTIONS.map((spec) => (spec.lift === 'vector' ? planOf(spec) : undefined));

/** What every instruction on XMM registers, LDMXCSR and STMXCSR check. */
export function requireSse({ cpu }: ExecutionContext): void {
  if (cpu.cr0 & CR0_EM || !(cpu.get(CPU.CR4) & CR4_OSFXSR)) raise(UD);
  if (cpu.cr0 & CR0_TS) raise(NM);
}

/** `field`: a register number, or the byte offset of a general register. */
const registerView = ({ cpu: { views } }: ExecutionContext, file: OperandPlace['file'], field: number): DataView =>
  file === 'general' ? views.general[field >> 2] : views[file][field];

function sourceInMemory(context: ExecutionContext, { bytes, alignment }: OperandPlace, segment: number, offset: number): DataView {
  const inPlace = viewWide(context, segment, offset, bytes, false, alignment);
  if (inPlace) return inPlace;
  const copy = new Uint8Array(bytes);
  readWide(context, segment, offset, copy, alignment);
  return new DataView(copy.buffer);
}

const inMemory = ({ field }: OperandPlace, rm: number): boolean => field === 'rm' && rm < 0;
const fieldOf = ({ field }: OperandPlace, reg: number, rm: number): number => (field === 'reg' ? reg : rm);

const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * `reg`, `rm`: fields of the record: a register number, or the byte offset of a general register; `rm` is negative when that
 * operand is in memory, at `offset` of segment register `segment`.
 */
export function executeVector(context: ExecutionContext, row: number, reg: number, rm: number, segment: number, offset: number, immediate: number): void {
  const plan = PLANS[row] as Plan;
  const { cpu } = context;
  if (plan.usesXmm) requireSse(context);
  if (plan.usesMmx) requireMmx(context);
  let source: DataView = NOTHING;
  if (plan.source)
    source = inMemory(plan.source, rm) ? sourceInMemory(context, plan.source, segment, offset) : registerView(context, plan.source.file, fieldOf(plan.source, reg, rm));

  const operands = { cpu, float: new FloatEnvironment(cpu), immediate: immediate & 0xff };
  if (inMemory(plan.destination, rm)) {
    const { bytes, alignment } = plan.destination;
    const destination = viewWide(context, segment, offset, bytes, true, alignment) ?? new DataView(new ArrayBuffer(bytes));
    plan.operation(destination, source, operands);
    if (destination.buffer !== cpu.u8.buffer) writeWide(context, segment, offset, new Uint8Array(destination.buffer), alignment);
  } else plan.operation(registerView(context, plan.destination.file, fieldOf(plan.destination, reg, rm)), source, operands);

  // A conversion from memory touches no MMX register, and leaves the x87 alone (SDM Vol. 2, CVTPI2PD).
  const touchesMmx = plan.usesMmx && !(plan.source?.file === 'mmx' && plan.destination.file === 'xmm' && rm < 0);
  if (touchesMmx) leaveMmx(cpu, plan.destination.file === 'mmx' ? reg : undefined);
}

/** `MASKMOVQ`, `MASKMOVDQU`: the bytes of `reg` whose mask in `rm` has its high bit set, to DS:(E)DI. */
export function maskedStore(context: ExecutionContext, isMmx: number, reg: number, rm: number, segment: number, offset: number): void {
  if (isMmx) requireMmx(context);
  else requireSse(context);
  const file = isMmx ? 'mmx' : 'xmm';
  const source = registerView(context, file, reg);
  const mask = registerView(context, file, rm);
  const selected = Array.from({ length: source.byteLength }, (_, n) => n).filter((n) => mask.getUint8(n) & 0x80);
  for (const n of selected) checkWritable(context, segment, offset + n, 1);
  for (const n of selected) writeWide(context, segment, offset + n, Uint8Array.of(source.getUint8(n)));
  if (isMmx) leaveMmx(context.cpu, undefined);
}
