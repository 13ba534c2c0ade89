/**
 * Steps, as sequences of legs: "run one instruction", "run until this address with the stack back where it was".
 * A step is a generator; the target runs each leg, in slices, and comes back for the next one.
 */
import type { Instruction } from '../x86/decoder';
import type { DebuggableVm } from '../vmm/debuggable';
import { callerOf, topFrame } from './callStack';
import { codeBits, decodeAt, instructionPointer, register, relativeTarget, stackPointer } from './codeView';
import type { MappedLine, SourceMap } from './sourceMap';

export type Leg =
  | { readonly kind: 'instruction' }
  /** Over when `linear` is about to execute and `accept` says that it is this activation. */
  | { readonly kind: 'until'; readonly linear: number; readonly accept: () => boolean };

/** Where a hardware interrupt took the guest away during a leg. */
export interface LegResult {
  readonly interruptedAt?: number;
}

export type Step = Generator<Leg, void, LegResult>;
export type StepKind = 'in' | 'over' | 'out';
export type Granularity = 'line' | 'instruction';

export interface SteppingView {
  readonly vm: DebuggableVm;
  readonly sourceMap: SourceMap;
}

export function step(kind: StepKind, granularity: Granularity, view: SteppingView): Step {
  if (kind === 'out') return stepOut(view);
  if (granularity === 'instruction') return kind === 'in' ? oneInstruction() : stepOverInstruction(view);
  return stepLine(kind, view);
}

function* oneInstruction(): Step {
  yield { kind: 'instruction' };
}

/** Until another line is reached, or this line of an assembler again from its start; one instruction where there is no source. */
function* stepLine(kind: 'in' | 'over', view: SteppingView): Step {
  const { vm, sourceMap } = view;
  const first = instructionPointer(vm);
  const start = sourceMap.at(first);
  for (;;) {
    const before = instructionPointer(vm);
    const flow = decodeAt(vm, before)?.spec.flow;
    if (kind === 'over') yield* stepOverInstruction(view);
    else if (yield* stepIntoSource(view, start)) return;
    const linear = instructionPointer(vm);
    const here = sourceMap.at(linear);
    if (!start || !here || flow === 'return' || flow === 'farReturn') return;
    const sameLine = here.path === start.path && here.line === start.line;
    if (here.assembler ? !sameLine || linear <= before : !sameLine && beginsStatement(here, linear) && !(kind === 'over' && isWithinInlined(view, first, linear))) return;
  }
}

const beginsStatement = (here: MappedLine, linear: number): boolean => here.statement && here.linear === linear;

/** In a function that the one at `from` has inlined: to somebody who steps over calls it is one. */
function isWithinInlined({ sourceMap }: SteppingView, from: number, linear: number): boolean {
  const outer = sourceMap.fileAt(from)?.functionsAt(from) ?? [];
  const inner = sourceMap.fileAt(linear)?.functionsAt(linear) ?? [];
  const depth = inner.findIndex(({ die }) => die === outer[0]?.die);
  return depth > 0;
}

/**
 * One instruction; a call or interrupt from source into code without source is run to its return. True when it went into a
 * function, and behind what a compiler puts before its first line.
 */
function* stepIntoSource(view: SteppingView, start: MappedLine | undefined): Generator<Leg, boolean, LegResult> {
  const { vm, sourceMap } = view;
  const before = instructionPointer(vm);
  const instruction = decodeAt(vm, before);
  const back = whenReturned(vm);
  yield* skippingInterrupts(vm);
  const entersCode = instruction && ['call', 'farCall', 'interrupt'].includes(instruction.spec.flow);
  const entry = instructionPointer(vm);
  const next = (before + (instruction?.length ?? 0)) >>> 0;
  if (!start || !entersCode || entry === next) return false;
  const body = sourceMap.at(entry) && sourceMap.fileAt(entry)?.behindPrologue(entry);
  if (!sourceMap.at(entry)) yield { kind: 'until', linear: next, accept: back };
  else if (body !== undefined && body !== entry) yield { kind: 'until', linear: body, accept: () => true };
  return sourceMap.at(entry) !== undefined;
}

function* stepOverInstruction({ vm }: SteppingView): Step {
  const linear = instructionPointer(vm);
  const instruction = decodeAt(vm, linear);
  const next = (linear + (instruction?.length ?? 0)) >>> 0;
  if (instruction && goesAndComesBack(vm, instruction, linear, next)) yield { kind: 'until', linear: next, accept: whenReturned(vm) };
  else yield* skippingInterrupts(vm);
}

/** Calls, software interrupts, repeated string instructions, and loops back to earlier code. */
function goesAndComesBack(vm: DebuggableVm, instruction: Instruction, linear: number, next: number): boolean {
  const { flow, mnemonic, rep } = instruction.spec;
  const target = relativeTarget(instruction, linear, vm.segment('cs').base);
  if (flow === 'call') return target !== next; // call $+3 only asks where it is
  if (flow === 'farCall' || flow === 'interrupt') return true;
  return (rep !== undefined && instruction.repeat !== 0) || (mnemonic.startsWith('loop') && target !== undefined && target <= linear);
}

/** The stack as it was, or with more popped: the activation that is current now has been returned to. */
function whenReturned(vm: DebuggableVm): () => boolean {
  const selector = register(vm, 'ss');
  const pointer = stackPointer(vm);
  return () => register(vm, 'ss') !== selector || stackPointer(vm) >= pointer;
}

/** One instruction. A hardware interrupt taken meanwhile is served first, unseen, as breakpoints allow. */
function* skippingInterrupts(vm: DebuggableVm): Step {
  for (;;) {
    const before = instructionPointer(vm);
    const { interruptedAt } = yield { kind: 'instruction' };
    if (interruptedAt === undefined) return;
    const selector = register(vm, 'ss');
    const pointer = stackPointer(vm);
    yield { kind: 'until', linear: interruptedAt, accept: () => register(vm, 'ss') !== selector || stackPointer(vm) > pointer };
    if (interruptedAt !== before) return;
  }
}

/** The inlined instance that `linear` is in, if that is the innermost function there. */
function innermostInlined({ sourceMap }: SteppingView, linear: number): unknown {
  const [innermost] = sourceMap.fileAt(linear)?.functionsAt(linear) ?? [];
  return innermost?.inlined ? innermost.die : undefined;
}

/** To the caller when the stack tells who that is; else instruction by instruction to a return that pops this frame. */
function* stepOut(view: SteppingView): Step {
  const { vm } = view;
  const inlined = innermostInlined(view, instructionPointer(vm));
  if (inlined) {
    while (innermostInlined(view, instructionPointer(vm)) === inlined) yield* stepOverInstruction(view);
    return;
  }
  const frame = topFrame(vm);
  const caller = callerOf(vm, frame, (linear) => view.sourceMap.unwindRow(linear));
  if (caller) {
    const selector = register(vm, 'ss');
    yield { kind: 'until', linear: caller.linear, accept: () => register(vm, 'ss') !== selector || stackPointer(vm) >= caller.sp };
    return;
  }
  for (;;) {
    const flow = decodeAt(vm, instructionPointer(vm), codeBits(vm))?.spec.flow;
    yield* stepOverInstruction(view);
    if ((flow === 'return' || flow === 'farReturn') && stackPointer(vm) > frame.sp) return;
  }
}
