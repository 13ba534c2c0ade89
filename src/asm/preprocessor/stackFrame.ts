/** %stacksize, %arg and %local: names for what stands in a stack frame (NASM manual, 4.8). */
import { SourceError } from '../diagnostics';
import { SIZES } from '../keywords';
import { tokenizeAt } from '../lexer';
import { type Token, isPunctuation } from '../token';
import { type DirectiveLine, type Run, defineIn } from './directiveLine';
import type { Preprocessor } from './preprocessor';

export interface StackFrame {
  readonly pointer: 'bp' | 'ebp';
  /** Bytes that everything on the stack takes a multiple of. */
  readonly unit: 2 | 4;
  /** Distance of the next argument from the frame pointer, and of the last local variable, in bytes. */
  argument: number;
  local: number;
}

/** Arguments begin behind the saved frame pointer and the return address. */
const FRAMES: Readonly<Record<string, () => StackFrame>> = {
  flat: () => ({ pointer: 'ebp', unit: 4, argument: 8, local: 0 }),
  large: () => ({ pointer: 'bp', unit: 2, argument: 4, local: 0 }),
  small: () => ({ pointer: 'bp', unit: 2, argument: 6, local: 0 }),
};

const stacksize: Run = ({ preprocessor, tokens, place }) => {
  const name = tokens[0]?.text.toLowerCase() ?? '';
  if (!Object.hasOwn(FRAMES, name)) throw new SourceError(`%stacksize expects ${Object.keys(FRAMES).join(', ')}`, tokens[0] ?? place);
  preprocessor.stackFrame = FRAMES[name]();
};

function frameOf(preprocessor: Preprocessor): StackFrame {
  preprocessor.stackFrame ??= FRAMES.flat();
  return preprocessor.stackFrame;
}

interface Slot {
  readonly name: Token;
  /** Bytes of the frame. */
  readonly size: number;
}

/** `name:size, name:size...` */
function slots(directive: DirectiveLine, unit: number): Slot[] {
  const { tokens, name: directiveName, place } = directive;
  const found: Slot[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [name, colon, size, comma] = tokens.slice(at, at + 4);
    const bytes = size?.kind === 'word' ? SIZES.get(size.text.toLowerCase()) : undefined;
    if (name.kind !== 'word' || !isPunctuation(colon, ':') || !bytes || (comma && !isPunctuation(comma, ',')))
      throw new SourceError(`%${directiveName} expects name:size, such as count:dword`, name ?? place);
    found.push({ name, size: Math.ceil(bytes / unit) * unit });
  }
  return found;
}

const defineSlot = (directive: DirectiveLine, { name }: Slot, text: string): void => defineIn(directive, name, { parameters: undefined, body: tokenizeAt(text, name) });

const arg: Run = (directive) => {
  const frame = frameOf(directive.preprocessor);
  for (const slot of slots(directive, frame.unit)) {
    defineSlot(directive, slot, `(${frame.pointer}+${frame.argument})`);
    frame.argument += slot.size;
  }
};

/** What they take is added to %$localsize, for ENTER. */
const local: Run = (directive) => {
  const { preprocessor, place } = directive;
  const frame = frameOf(preprocessor);
  const before = frame.local;
  for (const slot of slots(directive, frame.unit)) {
    frame.local += slot.size;
    defineSlot(directive, slot, `(${frame.pointer}-${frame.local})`);
  }
  const [name] = tokenizeAt('%$localsize', place);
  const size = preprocessor.evaluate(preprocessor.expander.expand([name]), place) + BigInt(frame.local - before);
  defineIn(directive, name, { parameters: undefined, body: tokenizeAt(String(size), place) });
};

export const STACK_RUNS: readonly (readonly [string, Run])[] = [
  ['stacksize', stacksize],
  ['arg', arg],
  ['local', local],
];
