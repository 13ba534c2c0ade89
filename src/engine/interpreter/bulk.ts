/** Many elements of a repeated MOVS or STOS at once: within one page of each operand, through flat segments, forwards. */
import type { Statement } from '../../ir/microOp';
import { ENTRY_FLAGS, PAGE } from '../../memory/layout';
import { CPU } from '../../x86/cpuState';
import { EFLAGS_DF } from '../../x86/flags';
import { EAX, ECX, EDI, ES, ESI } from '../../x86/registers';
import { RECORD } from '../record';
import { type Code, OP } from '../wasm/encoder';
import { pushEntry } from '../wasm/tlbLookup';
import { LOCAL } from './locals';

type Bulk = Extract<Statement, { k: 'bulk' }>;

const REGISTER = (n: number): number => CPU.GPR + 4 * n;
/** Locals borrowed for the time: addresses in the VM's memory, elements, bytes. */
const [FROM, TO, COUNT, BYTES] = [LOCAL.ADDRESS, LOCAL.ENTRY, LOCAL.HITS, LOCAL.SCRATCH];

export function emitBulk(code: Code, { op, size }: Bulk): void {
  const shift = Math.log2(size);
  const skip = code.open(OP.block);
  // One unit of fuel is one element that is seen: somebody steps through them.
  code.loadCell(CPU.FUEL).constant(2).op(OP.ltS).branchIf(skip);
  code.loadCell(CPU.EFLAGS).constant(EFLAGS_DF).op(OP.and).branchIf(skip);
  flat(code, op, skip);
  code.loadCell(REGISTER(ECX)).constant(1).op(OP.sub).set(COUNT);
  if (op === 'move') hostAddress(code, { register: ESI, mask: CPU.READ_MASK, into: FROM, shift, skip });
  hostAddress(code, { register: EDI, mask: CPU.WRITE_MASK, into: TO, shift, skip });
  if (op === 'move') {
    // Onto what is yet to be read: only as far as it repeats nothing.
    code.get(TO).get(FROM).op(OP.sub).constant(shift).op(OP.shrU).set(BYTES);
    code.get(BYTES).get(COUNT).op(OP.ltU).get(TO).get(FROM).op(OP.ne, OP.and);
    code.open(OP.if);
    code.get(BYTES).set(COUNT);
    code.close();
  }
  code.get(COUNT).op(OP.eqz).branchIf(skip);
  code.get(COUNT).constant(shift).op(OP.shl).set(BYTES);
  if (op === 'move') code.get(TO).get(FROM).get(BYTES).copyMemory();
  else fill(code, size);
  for (const register of op === 'move' ? [ESI, EDI] : [EDI]) code.constant(0).loadCell(REGISTER(register)).get(BYTES).op(OP.add).memory(OP.store, REGISTER(register));
  code.constant(0).loadCell(REGISTER(ECX)).get(COUNT).op(OP.sub).memory(OP.store, REGISTER(ECX));
  code.close();
}

/** Both segments reach everything, from 0. */
function flat(code: Code, op: Bulk['op'], skip: number): void {
  code.loadCell(CPU.FLAT);
  if (op === 'move') code.loadCell(CPU.FLAT).get(LOCAL.RECORD).memory(OP.load8U, RECORD.SEGMENT).op(OP.shrU, OP.and);
  code
    .constant(1 << ES)
    .op(OP.and, OP.eqz)
    .branchIf(skip);
}

interface Operand {
  readonly register: number;
  readonly mask: number;
  readonly into: number;
  readonly shift: number;
  readonly skip: number;
}

/** Where the register points in the VM's memory, if the TLB knows; COUNT becomes what fits into the page. */
function hostAddress(code: Code, { register, mask, into, shift, skip }: Operand): void {
  pushEntry(code.loadCell(REGISTER(register))).tee(into);
  code.loadCell(mask).op(OP.and).branchIf(skip);
  code.get(into).constant(~ENTRY_FLAGS).op(OP.and).loadCell(REGISTER(register)).op(OP.add).set(into);
  code
    .constant(PAGE)
    .loadCell(REGISTER(register))
    .constant(PAGE - 1)
    .op(OP.and, OP.sub)
    .constant(shift)
    .op(OP.shrU)
    .tee(BYTES);
  code.get(COUNT).get(BYTES).get(COUNT).op(OP.ltU, OP.select).set(COUNT);
}

/** Bytes that are all the same by one operation, anything else element by element. */
function fill(code: Code, size: 1 | 2 | 4): void {
  const store = size === 4 ? OP.store : OP.store16;
  const byte = (): Code => code.constant(0).memory(OP.load8U, REGISTER(EAX));
  const all = (): void => void code.get(TO);
  if (size === 1) {
    all();
    byte().get(BYTES).fillMemory();
    return;
  }
  code.constant(0).memory(size === 4 ? OP.load : OP.load16U, REGISTER(EAX));
  byte()
    .constant(size === 4 ? 0x01010101 : 0x0101)
    .op(OP.mul, OP.eq);
  code.open(OP.if);
  all();
  byte().get(BYTES).fillMemory();
  code.else();
  code.get(TO).get(BYTES).op(OP.add).set(FROM);
  const loop = code.open(OP.loop);
  code.get(TO).constant(0).memory(OP.load, REGISTER(EAX)).memory(store, 0);
  code.get(TO).constant(size).op(OP.add).tee(TO).get(FROM).op(OP.ltU).branchIf(loop);
  code.close();
  code.close();
}
