/** What views call the kinds of events, and how they show them. */
import type { VmmEventKind } from './vmmEvent';

export interface KindStyle {
  /** As a count names it: `3 trapped instructions`. */
  readonly name: string;
  /** Of VS Code's product icons and theme colours. */
  readonly icon: string;
  readonly color?: string;
}

export const EVENT_KINDS: Readonly<Record<VmmEventKind, KindStyle>> = {
  sensitive: { name: 'ran directly', icon: 'pass', color: 'charts.green' },
  silent: { name: 'silently wrong', icon: 'warning', color: 'charts.red' },
  trap: { name: 'trapped', icon: 'shield', color: 'charts.orange' },
  callout: { name: 'callouts', icon: 'shield', color: 'charts.orange' },
  inline: { name: 'emulated in line', icon: 'shield', color: 'charts.green' },
  blockTranslated: { name: 'blocks translated', icon: 'add' },
  blockEnd: { name: 'block ends', icon: 'arrow-right', color: 'charts.blue' },
  blockChained: { name: 'blocks chained', icon: 'link' },
  blockInvalidated: { name: 'blocks invalidated', icon: 'circle-slash' },
  adapted: { name: 'retranslated', icon: 'sync' },
  hiddenFault: { name: 'hidden page faults', icon: 'eye-closed', color: 'charts.orange' },
  trueFault: { name: 'true page faults', icon: 'eye', color: 'charts.red' },
  shadowFill: { name: 'shadow entries filled', icon: 'table' },
  tracedWrite: { name: 'traced writes', icon: 'edit', color: 'charts.orange' },
  hypercall: { name: 'hypercalls', icon: 'call-outgoing', color: 'charts.green' },
  vmExit: { name: 'VM exits', icon: 'sign-out', color: 'charts.orange' },
  vmEntry: { name: 'VM entries', icon: 'sign-in', color: 'charts.green' },
  injection: { name: 'injected events', icon: 'zap', color: 'charts.purple' },
  interrupt: { name: 'hardware interrupts', icon: 'zap', color: 'charts.yellow' },
  softwareInterrupt: { name: 'software interrupts', icon: 'symbol-event', color: 'charts.blue' },
  guestFault: { name: 'guest faults', icon: 'error', color: 'charts.red' },
  tripleFault: { name: 'triple faults', icon: 'flame', color: 'charts.red' },
  firmware: { name: 'BIOS services', icon: 'chip', color: 'charts.blue' },
  modeSwitch: { name: 'mode switches', icon: 'arrow-swap', color: 'charts.purple' },
  controlWrite: { name: 'control-register writes', icon: 'settings-gear', color: 'charts.purple' },
  port: { name: 'port I/O', icon: 'plug', color: 'charts.blue' },
  unimplemented: { name: 'not implemented', icon: 'question', color: 'charts.red' },
  deviceError: { name: 'device errors', icon: 'error', color: 'charts.red' },
  unclaimed: { name: 'unclaimed accesses', icon: 'circle-large-outline' },
};

/** The block cache has a view of its own; block ends, VM entries and the upkeep of shadow tables would bury everything else. */
export const HIDDEN_AT_FIRST: readonly VmmEventKind[] = ['blockTranslated', 'blockEnd', 'blockInvalidated', 'vmEntry', 'tracedWrite', 'shadowFill'];
