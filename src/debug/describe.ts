/** Why a run ended and what happened in it, as text. */
import { hexh } from '../base/bits';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../protocol/vmmEvent';
import type { StopReason } from '../vmm/debuggable';

export function describeStop(stop: StopReason): string {
  switch (stop.kind) {
    case 'budget':
      return 'instruction limit';
    case 'watchpoint':
      return `data breakpoint at ${hexh(stop.by)}`;
    case 'breakpoint':
      return `breakpoint at ${hexh(stop.linear, 8)}`;
    case 'event':
      return `event: ${stop.event.sentence}`;
    case 'halted':
      return 'halted';
    case 'exited':
      return `powered off with ${stop.code}`;
    case 'tripleFault':
      return 'triple fault';
    case 'entryFailure':
      return 'VM entry failed';
    case 'unimplemented':
      return `not implemented: ${stop.what}`;
    case 'pause':
      return 'interrupted';
  }
}

/** Thousands separated: 1,234,567. */
export const thousands = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** What the report calls each kind of event. */
export const EVENT_NAMES: Readonly<Record<VmmEventKind, string>> = {
  sensitive: 'sensitive, run directly',
  silent: 'silently wrong',
  trap: 'traps',
  callout: 'callouts',
  inline: 'emulated in line',
  blockEnd: 'translated blocks run to their end',
  blockTranslated: 'blocks translated',
  blockChained: 'blocks chained',
  blockInvalidated: 'blocks invalidated',
  adapted: 'instructions retranslated',
  hiddenFault: 'hidden page faults',
  trueFault: 'true page faults',
  shadowFill: 'shadow entries filled',
  tracedWrite: 'traced writes',
  hypercall: 'hypercalls',
  vmExit: 'VM exits',
  vmEntry: 'VM entries',
  injection: 'injected events',
  interrupt: 'interrupts',
  softwareInterrupt: 'software interrupts',
  guestFault: 'guest faults',
  tripleFault: 'triple faults',
  firmware: 'firmware calls',
  modeSwitch: 'mode switches',
  controlWrite: 'control writes',
  port: 'port accesses',
  unimplemented: 'not implemented',
  deviceError: 'device errors',
  unclaimed: 'unclaimed accesses',
};

/** Kinds that occur in any of the counts, in the order of the protocol. */
export const countedKinds = (counts: readonly Readonly<Record<VmmEventKind, number>>[]): VmmEventKind[] => VMM_EVENT_KINDS.filter((kind) => counts.some((c) => c[kind] > 0));
