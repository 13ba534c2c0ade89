/** The call stack as a user reads it: the frames of the stack, and those of functions that a compiler inlined into them. */
import { hex } from '../base/bits';
import type { SourceLocation } from '../protocol/requests';
import type { CodeFunction, SymbolFile } from '../symbols/symbolFile';
import type { DebuggableVm } from '../vmm/debuggable';
import { callStack, type Frame } from './callStack';
import type { SourceMap } from './sourceMap';
import type { SymbolTable } from './symbolTable';

export interface StackFrame {
  readonly name: string;
  readonly frame: Frame;
  /** Which of the stack's frames, from 0. */
  readonly depth: number;
  /** What the frame is at: the call, not the return address behind it. */
  readonly linear: number;
  readonly place?: SourceLocation;
  /** Where a compiler made the code: the function, and the file that tells about it. */
  readonly code?: { readonly file: SymbolFile; readonly function: CodeFunction };
}

export interface StackView {
  readonly vm: DebuggableVm;
  readonly sourceMap: SourceMap;
  readonly symbols: SymbolTable;
}

/** `most`: of the stack's own frames. */
export const stackFrames = (view: StackView, most?: number): StackFrame[] =>
  callStack(view.vm, (linear) => view.sourceMap.unwindRow(linear), most).flatMap((frame, depth) => framesOf(view, frame, depth));

function framesOf({ sourceMap, symbols }: StackView, frame: Frame, depth: number): StackFrame[] {
  // A return address may already belong to the next line: the call is what the frame is at.
  const linear = depth > 0 && !frame.interrupted ? (frame.linear - 1) >>> 0 : frame.linear;
  const suffix = frame.interrupted ? ' (interrupted)' : '';
  const place = sourceMap.location(linear);
  const file = sourceMap.fileAt(linear);
  const functions = file?.functionsAt(linear) ?? [];
  if (!file || functions.length === 0) {
    const name = symbols.describe(frame.linear, true) ?? `${hex(frame.cs, 4)}:${hex(frame.eip, 4)}`;
    return [{ name: name + suffix, frame, depth, linear, ...(place && { place }) }];
  }
  return functions.map((f, i) => {
    const at = i === 0 ? place : functions[i - 1].call;
    return { name: f.name + suffix, frame, depth, linear, ...(at && { place: at }), code: { file, function: f } };
  });
}
