/**
 * The call stack. A frame is unwound by its program's call frame information, if it has some; else its code is followed to
 * a return; where that fails, the BP chain is tried. Interrupt frames and stacks of other rings unwind the same way.
 */
import { compute, type FrameState } from '../symbols/dwarf/expression';
import type { RegisterRule, UnwindRow } from '../symbols/dwarf/callFrames';
import type { DebuggableVm } from '../vmm/debuggable';
import { EBP, ESP } from '../x86/registers';
import { decodeAt } from './codeView';
import { followToReturn } from './followReturn';
import { type Frame, frameAt, readStack, topFrame } from './frame';

export { type Frame, topFrame } from './frame';

/** Call frame information of the code at a linear address. Throws UserError for a damaged one. */
export type UnwindRows = (linear: number) => UnwindRow | undefined;

const MAX_FRAMES = 100;
const NOWHERE: UnwindRows = () => undefined;
/** DWARF's number of the return address. */
const RETURN_ADDRESS = 8;
/** EAX, ECX and EDX: what a compiler does not say that it has kept, it has not. */
const CLOBBERED = [0, 1, 2];

export function callStack(vm: DebuggableVm, rows: UnwindRows = NOWHERE, most = MAX_FRAMES): Frame[] {
  const frames: Frame[] = [];
  for (let frame: Frame | undefined = topFrame(vm); frame && frames.length < most; ) {
    const caller: Frame | undefined = callerOf(vm, frame, rows, frames.length > 0);
    const goes: boolean = caller !== undefined && (caller.interrupted || caller.sp > frame.sp);
    frames.push(caller && goes ? { ...frame, cfa: caller.interrupted ? frame.cfa : caller.sp } : { ...frame, cfa: chainCfa(frame) });
    frame = goes ? caller : undefined;
  }
  return frames;
}

/** The frame that `frame` returns to, when that can be told. `isCaller`: its address is behind a call. */
export function callerOf(vm: DebuggableVm, frame: Frame, rows: UnwindRows = NOWHERE, isCaller = false): Frame | undefined {
  const row = rows(isCaller && !frame.interrupted ? (frame.linear - 1) >>> 0 : frame.linear);
  const told = row && unwind(vm, frame, row);
  const found = told ?? followToReturn(vm, frame) ?? followBasePointer(vm, frame);
  return found && (told || found.interrupted || followsCall(vm, found)) ? found : undefined;
}

/** By call frame information. */
function unwind(vm: DebuggableVm, frame: Frame, row: UnwindRow): Frame | undefined {
  const state = stateOf(vm, frame);
  const cfa = 'register' in row.cfa ? add(frame.registers[row.cfa.register], row.cfa.offset) : compute(row.cfa.expression, state);
  if (cfa === undefined) return undefined;
  const value = (number: number, otherwise: number | undefined): number | undefined => {
    const rule = row.registers.get(number);
    return rule ? applyRule(vm, frame, state, rule, number, cfa) : otherwise;
  };
  const eip = value(row.returnAddress, undefined);
  if (eip === undefined || eip === 0) return undefined; // how the outermost function's caller is marked
  const registers = frame.registers.map((old, i) => value(i, i === ESP ? cfa : CLOBBERED.includes(i) ? undefined : old));
  return frameAt(frame, eip, registers, row.signal);
}

const add = (value: number | undefined, by: number): number | undefined => (value === undefined ? undefined : (value + by) >>> 0);

function applyRule(vm: DebuggableVm, frame: Frame, state: FrameState, rule: RegisterRule, number: number, cfa: number): number | undefined {
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'same':
      return number === RETURN_ADDRESS ? frame.eip : frame.registers[number];
    case 'at':
      return readStack(vm, frame, cfa + rule.offset, 4);
    case 'is':
      return (cfa + rule.offset) >>> 0;
    case 'register':
      return frame.registers[rule.register];
    case 'isExpression':
      return compute(rule.expression, state, [cfa]);
    case 'atExpression': {
      const at = compute(rule.expression, state, [cfa]);
      return at === undefined ? undefined : readStack(vm, frame, at, 4);
    }
  }
}

/** What expressions of call frame information may ask: registers and the stack. */
const stateOf = (vm: DebuggableVm, frame: Frame): FrameState => ({
  register: (number) => (number === RETURN_ADDRESS ? frame.eip : frame.registers[number]),
  read: (address, size) => readStack(vm, frame, address, size),
  cfa: undefined,
  frameBase: () => undefined,
  relocate: (address) => address,
  indexedAddress: () => 0,
});

/** `push bp; mov bp,sp` frames: the caller's BP at [BP], its return address above. */
function followBasePointer(vm: DebuggableVm, frame: Frame): Frame | undefined {
  const size = frame.bits / 8;
  const { bp } = frame;
  const entry = behindEntry(vm, frame, size);
  if (entry) return entry;
  if (!isFramePointer(frame) || bp === undefined) return undefined;
  const saved = readStack(vm, frame, bp, size);
  const eip = readStack(vm, frame, bp + size, size);
  if (saved === undefined || eip === undefined) return undefined;
  const registers = frame.registers.map((old, i) => (i === ESP ? (bp + 2 * size) >>> 0 : i === EBP ? saved : CLOBBERED.includes(i) ? undefined : old));
  return frameAt(frame, eip, registers, false);
}

/** Before or within `push bp; mov bp,sp` BP is still the caller's, and the return address is at the stack's top or below BP. */
function behindEntry(vm: DebuggableVm, frame: Frame, size: number): Frame | undefined {
  const instruction = decodeAt(vm, frame.linear, frame.bits);
  const pushes = instruction?.spec.mnemonic === 'push' && instruction.spec.operands[0][0] === 'Z' && instruction.reg === EBP;
  const moves = instruction?.spec.mnemonic === 'mov' && instruction.spec.operands.join() === 'Ev,Gv' && instruction.rm === EBP && instruction.reg === ESP;
  if (!pushes && !moves) return undefined;
  const at = frame.sp + (moves ? size : 0);
  const eip = readStack(vm, frame, at, size);
  const bp = moves ? readStack(vm, frame, frame.sp, size) : frame.registers[EBP];
  const registers = frame.registers.map((old, i) => (i === ESP ? at + size : i === EBP ? bp : CLOBBERED.includes(i) ? undefined : old));
  return eip === undefined ? undefined : frameAt(frame, eip, registers, false);
}

const isFramePointer = ({ bp, sp }: Frame): boolean => bp !== undefined && bp >= sp && bp - sp <= 0x10000;

/** Of a frame without a caller: as its frame pointer has it, if it has one. */
const chainCfa = (frame: Frame): number | undefined => (isFramePointer(frame) ? (frame.bp as number) + frame.bits / 4 : undefined);

/** Whether the bytes before a return address are a call. */
function followsCall(vm: DebuggableVm, frame: Frame): boolean {
  for (let length = 2; length <= 8; length++) {
    const start = frame.linear - length;
    if (start < 0) return false;
    const instruction = decodeAt(vm, start, frame.bits);
    if (instruction?.length === length && ['call', 'farCall', 'interrupt'].includes(instruction.spec.flow)) return true;
  }
  return false;
}
