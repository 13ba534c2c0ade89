/** One event from its instruction to its effect: what led to it, what the VMM was told, what it did, what came of it. Pure: no DOM. */
import { farAddress, grouped } from '../../base/address';
import { hexh } from '../../base/bits';
import { EVENT_KINDS } from '../../protocol/eventKinds';
import type { ExitRow } from '../../protocol/requests';
import type { VmmEventKind } from '../../protocol/vmmEvent';
import { counted, t } from '../text';

export interface ChainStep {
  readonly kind: 'instruction' | 'trap' | 'handler' | 'effect';
  readonly title: string;
  /** What it is, in a few words. */
  readonly head: string;
  readonly lines: readonly string[];
}

/** Why the VMM has control: the first of these among the events of an instruction. */
const CAUSES: readonly VmmEventKind[] = ['vmExit', 'hypercall', 'trap', 'callout', 'inline', 'silent', 'hiddenFault', 'trueFault', 'tracedWrite', 'firmware', 'sensitive'];
/** What follows for the guest. */
const EFFECTS: readonly VmmEventKind[] = [
  'injection',
  'interrupt',
  'softwareInterrupt',
  'guestFault',
  'tripleFault',
  'modeSwitch',
  'controlWrite',
  'port',
  'shadowFill',
  'vmEntry',
  'blockInvalidated',
  'unclaimed',
  'deviceError',
];

/** The event that the chain is about, when any of an instruction's is chosen. */
export const causeOf = (events: readonly ExitRow[], chosen: ExitRow): ExitRow => CAUSES.map((kind) => events.find((e) => e.kind === kind)).find(Boolean) ?? chosen;

function trapLines(cause: ExitRow): string[] {
  if (cause.kind !== 'vmExit') return [];
  return [
    t('Exit reason {0}, qualification {1}', cause.number, hexh(cause.qualification, 8)),
    ...cause.decoded.map(([name, value]) => `${name}: ${value}`),
    ...(cause.interruption ? [`${t('VM-exit interruption information')}: ${hexh(cause.interruption, 8)}`] : []),
    ...(cause.idtVectoring ? [`${t('IDT-vectoring information')}: ${hexh(cause.idtVectoring, 8)}`] : []),
  ];
}

function effectLines(cause: ExitRow, others: readonly ExitRow[]): string[] {
  if (cause.kind === 'vmExit') return [...cause.changes, ...others.map((e) => e.sentence)];
  if (cause.kind === 'silent') return [...cause.differences.map((d) => t('{0} is {1}; on bare metal it would be {2}', d.what, d.is, d.bare)), ...others.map((e) => e.sentence)];
  return others.map((e) => e.sentence);
}

const HANDLERS: Readonly<Partial<Record<VmmEventKind, string>>> = {
  sensitive: t('No VMM: the processor itself'),
  silent: t('Nobody: the VMM is not told'),
  inline: t('Translated code, without the VMM'),
};

/** `events`: all of the same instruction, in order. */
export function exitChain(events: readonly ExitRow[], chosen: ExitRow): ChainStep[] {
  const cause = causeOf(events, chosen);
  const others = events.filter((e) => e !== cause && EFFECTS.includes(e.kind));
  const between = events.filter((e) => e !== cause && !EFFECTS.includes(e.kind));
  const cycles = events.reduce((sum, e) => sum + e.cycles, 0);
  const handling = cause.kind === 'vmExit' && cause.handling ? [cause.handling, cause.sentence] : [cause.sentence];
  return [
    {
      kind: 'instruction',
      title: t('Instruction'),
      head: cause.instruction || t('none'),
      lines: [
        t('at {0}, linear {1}', farAddress(cause.cs, cause.eip, cause.codeSize), hexh(cause.linear, 8)),
        counted(cause.retired, 'after {0} instruction', 'after {0} instructions'),
      ],
    },
    {
      kind: 'trap',
      title: t('Trap'),
      head: `${t(EVENT_KINDS[cause.kind].name)}: ${cause.reason}`,
      lines: [...trapLines(cause), ...between.map((e) => `${t(EVENT_KINDS[e.kind].name)}: ${e.reason}`)],
    },
    { kind: 'handler', title: t('Handler'), head: HANDLERS[cause.kind] ?? t('The VMM'), lines: handling },
    { kind: 'effect', title: t('Effect'), head: cycles > 0 ? t('{0} modelled cycles', grouped(cycles)) : t('no modelled cost'), lines: effectLines(cause, others) },
  ];
}
