/**
 * Breakpoints written as text: `insn:cli`, `int:0x21`, `port:0x60`, `exit:CR_ACCESS`, `event:silent`, `cr:3`,
 * `phys:0x1000`, or the address expression of an instruction. One row a prefix.
 */
import { hex } from '../base/bits';
import { UserError } from '../base/userError';
import type { TechniqueId } from '../protocol/techniques';
import { VMM_EVENT_KINDS, type VmmEvent, type VmmEventKind } from '../protocol/vmmEvent';
import type { EventStop } from '../vmm/debuggable';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { EXIT_REASONS } from '../x86/sensitivity';
import { type EvaluationContext, evaluate } from './expressions';
import { parseNumber } from './expressionSyntax';

export interface StopPlaces {
  readonly stops: readonly EventStop[];
  readonly linear: readonly number[];
  /** The linear addresses count only while they map to this guest-physical one. */
  readonly physical?: number;
}

/** Kinds of event that one instruction can cause by itself, under any technique. */
const INSTRUCTION_KINDS: readonly VmmEventKind[] = ['sensitive', 'silent', 'trap', 'callout', 'inline', 'vmExit', 'softwareInterrupt', 'port'];
/** Kinds whose `reason` is a VT-x exit reason: the exit itself, or, under another technique, what would be one. */
const EXIT_KINDS: readonly VmmEventKind[] = ['sensitive', 'silent', 'trap', 'callout', 'inline'];
/** Exit reasons that are events of their own where no exits happen. */
const EXIT_EVENTS: Readonly<Record<string, VmmEventKind>> = {
  EXCEPTION_OR_NMI: 'guestFault',
  EXTERNAL_INTERRUPT: 'interrupt',
  TRIPLE_FAULT: 'tripleFault',
  IO_INSTRUCTION: 'port',
};

/** Mnemonics with at least one row that is sensitive: what `insn:` accepts. */
export const SENSITIVE_MNEMONICS: readonly string[] = [...new Set(INSTRUCTIONS.filter((row) => row.sensitive).flatMap((row) => [row.mnemonic, row.mnemonic32]))].sort();

/** Where the kernels that do so map physical memory: identity, 2 GiB and 3 GiB. */
const DIRECT_MAPS = [0, 0x80000000, 0xc0000000];

const refuse = (text: string, accepted: string): never => {
  throw new UserError('breakpoint.event', `${text}: ${accepted}`);
};

const only = (...stops: EventStop[]): StopPlaces => ({ stops, linear: [] });
const kinds = (names: readonly VmmEventKind[], filter: Omit<EventStop, 'kind'>): EventStop[] => names.map((kind) => ({ kind, ...filter }));

function numberUpTo(argument: string, limit: number, text: string, example: string): number {
  const value = parseNumber(argument);
  return value !== undefined && value <= limit ? value : refuse(text, `expected a number up to 0x${hex(limit)}, such as ${example}.`);
}

interface Prefix {
  readonly form: string;
  readonly parse: (argument: string, text: string, technique: TechniqueId) => StopPlaces;
}

export const EVENT_BREAKPOINTS: Readonly<Record<string, Prefix>> = {
  insn: {
    form: 'insn:cli (a sensitive instruction)',
    parse(argument, text) {
      const mnemonic = argument.toLowerCase();
      if (!SENSITIVE_MNEMONICS.includes(mnemonic)) refuse(text, `not a sensitive instruction. Accepted: ${SENSITIVE_MNEMONICS.join(' ')}.`);
      return only(...kinds(INSTRUCTION_KINDS, { mnemonic }));
    },
  },
  int: {
    form: 'int:0x21 (an interrupt or exception vector)',
    parse: (argument, text) => only(...kinds(['softwareInterrupt', 'interrupt', 'guestFault'], { vector: numberUpTo(argument, 0xff, text, 'int:0x21') })),
  },
  port: {
    form: 'port:0x60 (port I/O)',
    parse: (argument, text) => only({ kind: 'port', port: numberUpTo(argument, 0xffff, text, 'port:0x60') }),
  },
  exit: {
    form: 'exit:CR_ACCESS (a VT-x exit reason)',
    parse(argument, text, technique) {
      const reason = argument.toUpperCase();
      if (!(reason in EXIT_REASONS)) refuse(text, `not an exit reason. Accepted: ${Object.keys(EXIT_REASONS).join(' ')}.`);
      if (technique === 'hvm') return only({ kind: 'vmExit', reason });
      const event = EXIT_EVENTS[reason];
      return only(...kinds(EXIT_KINDS, { reason }), ...(event ? [{ kind: event }] : []));
    },
  },
  event: {
    form: 'event:silent (an event of the VMM)',
    parse(argument, text) {
      const kind = VMM_EVENT_KINDS.find((k) => k.toLowerCase() === argument.toLowerCase());
      return kind ? only({ kind }) : refuse(text, `not an event. Accepted: ${VMM_EVENT_KINDS.join(' ')}.`);
    },
  },
  cr: {
    form: 'cr:3 (a write to a control register)',
    parse: (argument, text) => (/^[0234]$/.test(argument) ? only({ kind: 'controlWrite', reason: `CR${argument}` }) : refuse(text, 'expected cr:0, cr:2, cr:3 or cr:4.')),
  },
  dr: {
    form: 'dr:7 (a write to a debug register)',
    parse: (argument, text) => (/^[0-7]$/.test(argument) ? only({ kind: 'controlWrite', reason: `DR${argument}` }) : refuse(text, 'expected dr:0 to dr:7.')),
  },
  invalidated: {
    form: 'invalidated:0x7C00 (the block that starts there is thrown away)',
    parse: (argument, text) => only({ kind: 'blockInvalidated', linear: numberUpTo(argument, 0xffffffff, text, 'invalidated:0x7C00') }),
  },
  phys: {
    form: 'phys:0x1000 (an instruction at a guest-physical address)',
    parse(argument, text) {
      const physical = numberUpTo(argument, 0xffffffff, text, 'phys:0x1000');
      return { stops: [], linear: DIRECT_MAPS.map((base) => (base + physical) >>> 0), physical };
    },
  },
};

const FORMS = Object.values(EVENT_BREAKPOINTS)
  .map((p) => p.form)
  .join(', ');

export function parseEventBreakpoint(text: string, context: EvaluationContext): StopPlaces {
  const match = /^\s*([a-z]+)\s*:\s*(\S+)\s*$/i.exec(text);
  const prefix = match && EVENT_BREAKPOINTS[match[1].toLowerCase()];
  if (match && prefix) return prefix.parse(match[2], text.trim(), context.vm.technique);
  const entries = context.functionEntries?.(text.trim()) ?? [];
  return { stops: [], linear: entries.length > 0 ? entries : [addressOf(text, context)] };
}

/** A label, `seg:off`, or a linear address. */
function addressOf(text: string, context: EvaluationContext): number {
  try {
    const value = evaluate(text, context);
    return value.place?.kind === 'linear' ? value.value : (value.linear ?? value.value);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return refuse(text.trim(), `${error.message} A breakpoint is a label, an address such as 0x7C00 or 07C0h:10h, or one of: ${FORMS}.`);
  }
}

/** `popfd` is POPF with 32-bit operands: one instruction to a breakpoint. */
const SHORT_NAMES = new Map(INSTRUCTIONS.map((row) => [row.mnemonic32, row.mnemonic]));
const sameInstruction = (a: string, b: string): boolean => (SHORT_NAMES.get(a) ?? a) === (SHORT_NAMES.get(b) ?? b);

/** Whether `event` is one that `stop` asks for. */
export const matchesStop = (stop: EventStop, event: VmmEvent): boolean =>
  stop.kind === event.kind &&
  (stop.mnemonic === undefined || sameInstruction(stop.mnemonic, event.mnemonic)) &&
  (stop.vector === undefined || stop.vector === event.vector) &&
  (stop.port === undefined || stop.port === event.port) &&
  (stop.linear === undefined || stop.linear === event.linear) &&
  (stop.reason === undefined || stop.reason === event.reason) &&
  (!stop.unhandled || (event.kind === 'guestFault' && event.unhandled));
