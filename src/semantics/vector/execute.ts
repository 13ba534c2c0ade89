/** The arithmetic of a vector instruction in TypeScript: operands by the letters of the row, the operation by its mnemonic. */
import { NM, UD } from '../../x86/exceptions';
import { CPU } from '../../x86/cpuState';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../../x86/flags';
import type { InstructionSpec } from '../../x86/instructionSpec';
import { INSTRUCTIONS } from '../../x86/instructionTable';
import { type ExecutionContext, raise } from '../system/context';
import { checkWritable, writeWide } from '../system/wideOperand';
import { FLOAT_OPERATIONS } from './floatOperations';
import { leaveMmx, requireMmx } from './mmxState';
import { FloatEnvironment } from './mxcsr';
import { type OperandPlace, type OperandPlaces, placesOf } from './operandPlaces';
import type { Operation } from './operation';

interface Plan extends OperandPlaces {
  readonly operation: Operation;
}

function planOf(spec: InstructionSpec): Plan | undefined {
  const operation = FLOAT_OPERATIONS[spec.mnemonic] as Operation | undefined;
  return operation && { operation, ...placesOf(spec) };
}

/** By row number, for the rows that have such an operation. */
const PLANS: readonly (Plan | undefined)[] = INSTRUCTIONS.map((spec) => (spec.lift === 'vector' ? planOf(spec) : undefined));

/** What every instruction on XMM registers, LDMXCSR and STMXCSR check. */
export function requireSse({ cpu }: ExecutionContext): void {
  if (cpu.cr0 & CR0_EM || !(cpu.get(CPU.CR4) & CR4_OSFXSR)) raise(UD);
  if (cpu.cr0 & CR0_TS) raise(NM);
}

/** `field`: a register number, or the byte offset of a general register. */
const registerView = ({ cpu: { views } }: ExecutionContext, file: OperandPlace['file'], field: number): DataView =>
  file === 'general' ? views.general[field >> 2] : views[file][field];

const NOTHING = new DataView(new ArrayBuffer(0));

function sourceOf(context: ExecutionContext, { source }: Plan, reg: number, rm: number): DataView {
  if (!source) return NOTHING;
  if (source.field === 'rm' && rm < 0) return context.cpu.views.fromMemory[source.bytes];
  return registerView(context, source.file, source.field === 'reg' ? reg : rm);
}

/**
 * `reg`, `rm`: fields of the record: a register number, or the byte offset of a general register; `rm` is negative when that
 * operand came from memory, into the VECTOR cells.
 */
export function executeVector(context: ExecutionContext, row: number, reg: number, rm: number, immediate: number): void {
  const plan = PLANS[row] as Plan;
  const { cpu } = context;
  const { destination, source, usesMmx } = plan;
  const operands = { cpu, float: new FloatEnvironment(cpu), immediate: immediate & 0xff };
  plan.operation(registerView(context, destination.file, destination.field === 'reg' ? reg : rm), sourceOf(context, plan, reg, rm), operands);
  // A conversion from memory touches no MMX register, and leaves the x87 alone (SDM Vol. 2, CVTPI2PD).
  const touchesMmx = usesMmx && !(source?.file === 'mmx' && destination.file === 'xmm' && rm < 0);
  if (touchesMmx) leaveMmx(cpu, destination.file === 'mmx' ? reg : undefined);
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
