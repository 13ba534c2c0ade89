/**
 * Scripted input: `--expect` waits for something on the serial line or on the text screen, `--type` and `--type-serial`
 * answer. One step after the other, in the order of the command line.
 */
import { UserError } from '../base/userError';
import type { Subject } from '../debug/compare';
import type { Arguments, OptionSpec } from './command';

type Step = { readonly kind: 'expect'; readonly pattern: RegExp } | { readonly kind: 'type' | 'type-serial'; readonly text: string };

const DEFAULT_TIMEOUT_SECONDS = 60;

export const SCRIPT_OPTIONS: readonly OptionSpec[] = [
  { name: 'expect', value: 'REGEX', multiple: true, help: 'wait until the serial output or the text screen matches' },
  { name: 'type', value: 'TEXT', multiple: true, help: 'then type on the keyboard; \\n is Enter, \\e Escape, also \\t, \\\\ and \\xNN' },
  { name: 'type-serial', value: 'TEXT', multiple: true, help: 'then send to serial port 1; escapes as for --type' },
  { name: 'timeout', value: 'SECONDS', help: `how long each --expect waits (${DEFAULT_TIMEOUT_SECONDS} by default)` },
];

export const SCRIPT_NOTES = `--expect, --type and --type-serial may be given any number of times and take effect in their order. A match is looked
for behind the one before. When the last of them is an --expect, the run ends with 0 once it is met; else the guest goes on.`;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', e: '\x1b', '\\': '\\' };

const wrong = (option: string, text: string, expected: string): never => {
  throw new UserError('cli.usage', `--${option} ${text}: expected ${expected}`);
};

const typedText = (option: string, text: string): string =>
  text.replace(/\\(?:x([\da-fA-F]{2})|([\s\S]?))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES[letter] ?? wrong(option, text, 'only the escapes \\n, \\t, \\r, \\b, \\e, \\\\ and \\xNN')) : String.fromCharCode(Number.parseInt(code, 16)),
  );

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'm');
  } catch (error) {
    return wrong('expect', text, `a regular expression (${(error as Error).message.split(': ').at(-1)})`);
  }
}

function parseTimeout(args: Arguments): number {
  const text = args.text('timeout');
  const seconds = text === undefined ? DEFAULT_TIMEOUT_SECONDS : Number(text || Number.NaN);
  return seconds > 0 ? seconds * 1000 : wrong('timeout', String(text), 'a number of seconds above 0');
}

/** Serial output kept for matching: enough for any sensible pattern. */
const MAXIMUM_OUTPUT = 1 << 20;

/** The text screen, blanks at the ends of lines and all, so that a prompt's last blank is there. */
const screenText = (guest: Subject): string => guest.screen?.().lines.join('\n') ?? '';

/** Where the new begins on a screen that shows `seen` still, perhaps scrolled up by some lines; 0 on another screen. */
export function newBehind(seen: string, screen: string): number {
  const lines = seen.split('\n');
  for (let scrolled = 0; scrolled < lines.length; scrolled++) {
    const rest = lines.slice(scrolled).join('\n');
    if (rest.trim() && screen.startsWith(rest)) return rest.length;
  }
  return 0;
}

export class Script {
  readonly #steps: readonly Step[];
  readonly #timeout: number;
  #next = 0;
  /** Since the last match. */
  #output = '';
  /** What the screen showed up to the last match. */
  #seen = '';
  #deadline: number | undefined;

  constructor(
    args: Arguments,
    private readonly guest: Subject,
  ) {
    this.#timeout = parseTimeout(args);
    this.#steps = args.given.flatMap(({ name, value = '' }): Step[] => {
      if (name === 'expect') return [{ kind: name, pattern: parsePattern(value) }];
      return name === 'type' || name === 'type-serial' ? [{ kind: name, text: typedText(name, value) }] : [];
    });
    if (this.#steps.length === 0 && args.text('timeout') !== undefined) throw new UserError('cli.usage', '--timeout: expected with --expect');
    if (this.#steps.length > 0) guest.serial?.on((bytes) => this.#keep(bytes));
  }

  /** Cut at twice the length kept, not at each byte: a cut copies. */
  #keep(bytes: Uint8Array): void {
    for (const byte of bytes) this.#output += String.fromCharCode(byte);
    if (this.#output.length > 2 * MAXIMUM_OUTPUT) this.#output = this.#output.slice(-MAXIMUM_OUTPUT);
  }

  /** The run is bound to a script: its slices are counted in instructions, so that it types at the same ones every time. */
  get active(): boolean {
    return this.#next < this.#steps.length;
  }

  /** The last step was to wait, and it is done. */
  get fulfilled(): boolean {
    return this.#steps.at(-1)?.kind === 'expect' && !this.active;
  }

  /** What is waited for. */
  get unmet(): string | undefined {
    const step = this.#steps.slice(this.#next).find((s) => s.kind === 'expect');
    return step?.kind === 'expect' ? step.pattern.source : undefined;
  }

  timedOut(now: number): boolean {
    if (!this.active) return false;
    this.#deadline ??= now + this.#timeout;
    return now >= this.#deadline;
  }

  /** Take every step that can be taken now; true if one was. */
  advance(): boolean {
    const before = this.#next;
    while (this.active && this.#take(this.#steps[this.#next])) {
      this.#next++;
      this.#deadline = undefined;
    }
    return this.#next > before;
  }

  #take(step: Step): boolean {
    if (step.kind === 'expect') return this.#matches(step.pattern);
    if (step.kind === 'type') this.guest.typeKeys?.(step.text);
    else this.guest.serialInput?.(new TextEncoder().encode(step.text));
    return true;
  }

  #matches(pattern: RegExp): boolean {
    const onSerial = pattern.exec(this.#output);
    if (onSerial) {
      this.#output = this.#output.slice(onSerial.index + onSerial[0].length);
      return true;
    }
    const screen = screenText(this.guest);
    const from = newBehind(this.#seen, screen);
    const onScreen = pattern.exec(screen.slice(from));
    if (!onScreen) return false;
    this.#seen = screen.slice(0, from + onScreen.index + onScreen[0].length);
    return true;
  }
}
