/** Helpers of the control instructions: environment and state images, masks, pending exceptions (SDM Vol. 1, 8.1.10 and 8.1.11; Vol. 3, 2.5). */
import { CPU } from '../../x86/cpuState';
import { MF } from '../../x86/exceptions';
import { CR0_NE } from '../../x86/flags';
import { type ExecutionContext, raise, waitForInterrupt } from '../system/context';
import { readWide, writeWide } from '../system/wideOperand';
import { BUSY, CONTROL_BITS, CONTROL_FIXED, ES, EXCEPTIONS, SF } from './status';
import { kept } from './tags';

/**
 * An unmasked exception is pending at a waiting instruction: #MF, or with CR0.NE clear FERR#, and the processor stands still
 * until an interrupt, unless IGNNE# lets it go on (SDM Vol. 1, D.2.1).
 */
export function x87Pending(context: ExecutionContext): void {
  if (context.cpu.cr0 & CR0_NE) raise(MF);
  if (context.fpuError.ignored) return;
  context.fpuError.assert();
  waitForInterrupt(context);
}

/** FERR# follows ES down. */
function releaseError({ x87, fpuError }: ExecutionContext): void {
  if (!(x87.status & ES)) fpuError.release();
}

export function x87Initialize(context: ExecutionContext): void {
  context.x87.initialize();
  releaseError(context);
}

export function x87ClearExceptions(context: ExecutionContext): void {
  context.x87.status &= ~(EXCEPTIONS | SF | ES | BUSY);
  releaseError(context);
}

export function x87LoadControl(context: ExecutionContext, word: number): void {
  context.cpu.set(CPU.X87_CONTROL, (word & CONTROL_BITS) | CONTROL_FIXED);
  context.x87.updatePending();
  releaseError(context);
}

/** Bytes of an environment, by operand size. */
const environmentLength = (size: number): number => 7 * size;
const REGISTERS_LENGTH = 80;

/** The seven fields, each in the low word of a slot of `size` bytes. */
function writeEnvironment({ cpu, x87 }: ExecutionContext, view: DataView, size: number): void {
  const put = (n: number, value: number): void => {
    if (size === 2) view.setUint16(2 * n, value & 0xffff, true);
    else view.setUint32(4 * n, value, true);
  };
  /** The upper half of a slot whose field has 16 bits is reserved, and stored as ones. */
  const reserved = size === 4 ? 0xffff0000 : 0;
  put(0, cpu.get(CPU.X87_CONTROL) | reserved);
  put(1, cpu.get(CPU.X87_STATUS) | reserved);
  put(2, x87.tagWord | reserved);
  const opcode = cpu.get(CPU.X87_OPCODE);
  const [eip, cs, data, ds] = [CPU.X87_EIP, CPU.X87_CS, CPU.X87_DATA, CPU.X87_DS].map((cell) => cpu.get(cell));
  if (!cpu.realSegments) {
    put(3, eip);
    put(4, size === 4 ? cs | (opcode << 16) : cs);
    put(5, data);
    put(6, ds | reserved);
    return;
  }
  // Linear addresses: 20 bits, or with 32-bit operands all 32, the upper part from bit 12 of a slot of its own.
  const [instruction, operand] = [(cs << 4) + eip, (ds << 4) + data];
  const upper = (linear: number): number => (size === 4 ? (linear >>> 16) << 12 : ((linear >>> 16) & 15) << 12);
  put(3, (instruction & 0xffff) | reserved);
  put(4, upper(instruction) | opcode);
  put(5, (operand & 0xffff) | reserved);
  put(6, upper(operand));
}

function readEnvironment(context: ExecutionContext, view: DataView, size: number): void {
  const { cpu, x87 } = context;
  const get = (n: number): number => (size === 2 ? view.getUint16(2 * n, true) : view.getUint32(4 * n, true));
  cpu.set(CPU.X87_CONTROL, (get(0) & CONTROL_BITS) | CONTROL_FIXED);
  cpu.set(CPU.X87_STATUS, get(1) & 0xffff);
  x87.tags = kept(get(2));
  const real = cpu.realSegments;
  const linear = (n: number): number => (get(n) & 0xffff) | (((get(n + 1) >>> 12) & 0xffff) << 16);
  cpu.set(CPU.X87_EIP, real ? linear(3) : get(3));
  cpu.set(CPU.X87_CS, real ? 0 : get(4) & 0xffff);
  cpu.set(CPU.X87_OPCODE, real ? get(4) & 0x7ff : size === 4 ? (get(4) >>> 16) & 0x7ff : 0);
  cpu.set(CPU.X87_DATA, real ? linear(5) : get(5));
  cpu.set(CPU.X87_DS, real ? 0 : get(6) & 0xffff);
  x87.updatePending();
  releaseError(context);
}

/** FNSTENV masks all exceptions once the image is stored. */
export function x87StoreEnvironment(context: ExecutionContext, segment: number, offset: number, size: number): void {
  const view = new DataView(new ArrayBuffer(environmentLength(size)));
  writeEnvironment(context, view, size);
  writeWide(context, segment, offset, new Uint8Array(view.buffer));
  context.cpu.set(CPU.X87_CONTROL, context.cpu.get(CPU.X87_CONTROL) | EXCEPTIONS);
  context.x87.updatePending();
  releaseError(context);
}

export function x87LoadEnvironment(context: ExecutionContext, segment: number, offset: number, size: number): void {
  const bytes = new Uint8Array(environmentLength(size));
  readWide(context, segment, offset, bytes);
  readEnvironment(context, new DataView(bytes.buffer), size);
}

/** FNSAVE: the environment, ST(0) to ST(7), then FNINIT. */
export function x87Save(context: ExecutionContext, segment: number, offset: number, size: number): void {
  const bytes = new Uint8Array(environmentLength(size) + REGISTERS_LENGTH);
  writeEnvironment(context, new DataView(bytes.buffer), size);
  for (let n = 0; n < 8; n++) bytes.set(context.x87.bytes(n), environmentLength(size) + 10 * n);
  writeWide(context, segment, offset, bytes);
  x87Initialize(context);
}

export function x87Restore(context: ExecutionContext, segment: number, offset: number, size: number): void {
  const bytes = new Uint8Array(environmentLength(size) + REGISTERS_LENGTH);
  readWide(context, segment, offset, bytes);
  const view = new DataView(bytes.buffer);
  readEnvironment(context, view, size);
  const { tags } = context.x87;
  for (let n = 0; n < 8; n++) {
    const at = environmentLength(size) + 10 * n;
    context.x87.write(n, view.getUint16(at + 8, true), view.getInt32(at + 4, true), view.getInt32(at, true));
  }
  context.x87.tags = tags;
}
