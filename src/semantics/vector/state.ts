/** LDMXCSR, and the 512-byte image of FXSAVE and FXRSTOR (SDM Vol. 2, table 3-43; Vol. 1, 10.5). */
import { CPU, type CpuState } from '../../x86/cpuState';
import { GP, NM } from '../../x86/exceptions';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../../x86/flags';
import { type ExecutionContext, raise } from '../system/context';
import { checkWritable, readWide, writeWide } from '../system/wideOperand';
import { abridged, fromAbridged } from '../x87/tags';
import { MXCSR_BITS } from './mxcsr';

export function loadMxcsr({ cpu }: ExecutionContext, value: number): void {
  if (value & ~MXCSR_BITS) raise(GP);
  cpu.set(CPU.MXCSR, value);
}

const IMAGE_BYTES = 512;
/** The part that FXSAVE writes; the rest is reserved, or the software's. */
const WRITTEN_BYTES = 288;
const ALIGNMENT = 16;

/** Cells of the image: offset in it, bytes, cell. */
const IMAGE_CELLS: readonly (readonly [at: number, bytes: 2 | 4, cell: number])[] = [
  [0, 2, CPU.X87_CONTROL],
  [2, 2, CPU.X87_STATUS],
  [6, 2, CPU.X87_OPCODE],
  [8, 4, CPU.X87_EIP],
  [12, 2, CPU.X87_CS],
  [16, 4, CPU.X87_DATA],
  [20, 2, CPU.X87_DS],
];
const IMAGE_TAGS = 4;
const IMAGE_MXCSR = 24;
const IMAGE_MXCSR_MASK = 28;
const IMAGE_ST = 32;
const IMAGE_XMM = 160;

/** ST(n) is this physical register. */
const physical = (cpu: CpuState, n: number): number => (((cpu.get(CPU.X87_STATUS) >> 11) & 7) + n) & 7;

/** CR0.EM and CR0.TS are both #NM here, not #UD: there is no x87 or somebody else's state is in it. */
function requireState({ cpu }: ExecutionContext): void {
  if (cpu.cr0 & (CR0_EM | CR0_TS)) raise(NM);
}

/** Without CR4.OSFXSR the XMM registers and MXCSR are neither saved nor restored. */
const coversXmm = (cpu: CpuState): boolean => (cpu.get(CPU.CR4) & CR4_OSFXSR) !== 0;

export function saveState(context: ExecutionContext, segment: number, offset: number): void {
  requireState(context);
  const { cpu } = context;
  checkWritable(context, segment, offset, IMAGE_BYTES, ALIGNMENT);
  const image = new Uint8Array(coversXmm(cpu) ? WRITTEN_BYTES : IMAGE_XMM);
  const view = new DataView(image.buffer);
  for (const [at, bytes, cell] of IMAGE_CELLS) bytes === 2 ? view.setUint16(at, cpu.get(cell), true) : view.setUint32(at, cpu.get(cell), true);
  view.setUint8(IMAGE_TAGS, abridged(cpu.get(CPU.X87_TAGS)));
  for (let n = 0; n < 8; n++) {
    const from = CPU.X87 + 16 * physical(cpu, n);
    image.set(cpu.u8.subarray(from, from + 10), IMAGE_ST + 16 * n);
  }
  if (coversXmm(cpu)) {
    view.setUint32(IMAGE_MXCSR, cpu.get(CPU.MXCSR), true);
    view.setUint32(IMAGE_MXCSR_MASK, MXCSR_BITS, true);
    image.set(cpu.u8.subarray(CPU.XMM, CPU.XMM + 128), IMAGE_XMM);
  }
  writeWide(context, segment, offset, image);
}

export function restoreState(context: ExecutionContext, segment: number, offset: number): void {
  requireState(context);
  const { cpu } = context;
  const image = new Uint8Array(IMAGE_BYTES);
  readWide(context, segment, offset, image, ALIGNMENT);
  const view = new DataView(image.buffer);
  const mxcsr = view.getUint32(IMAGE_MXCSR, true);
  if (coversXmm(cpu)) {
    loadMxcsr(context, mxcsr);
    cpu.u8.set(image.subarray(IMAGE_XMM, IMAGE_XMM + 128), CPU.XMM);
  }
  for (const [at, bytes, cell] of IMAGE_CELLS) cpu.set(cell, bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true));
  for (let n = 0; n < 8; n++) cpu.u8.set(image.subarray(IMAGE_ST + 16 * n, IMAGE_ST + 16 * n + 10), CPU.X87 + 16 * physical(cpu, n));
  cpu.set(CPU.X87_TAGS, fromAbridged(view.getUint8(IMAGE_TAGS)));
}
