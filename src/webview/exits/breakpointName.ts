/** The event breakpoint that stops at such an event. Pure: no DOM. */
import type { VmmEventKind } from '../../protocol/vmmEvent';

interface Described {
  readonly kind: VmmEventKind;
  readonly reason: string;
  readonly mnemonic: string;
  readonly vector?: number;
  readonly port?: number;
}

/** Kinds that an instruction is, which `insn:` stops at. */
const INSTRUCTIONS: readonly VmmEventKind[] = ['sensitive', 'silent', 'trap', 'callout', 'inline'];
const VECTORS: readonly VmmEventKind[] = ['interrupt', 'softwareInterrupt', 'guestFault'];

const hex = (n: number): string => `0x${n.toString(16)}`;

export function breakpointName({ kind, reason, mnemonic, vector, port }: Described): string {
  if (kind === 'vmExit' && /^[A-Z_0-9]+$/.test(reason)) return `exit:${reason}`;
  if (kind === 'port' && port !== undefined) return `port:${hex(port)}`;
  if (VECTORS.includes(kind) && vector !== undefined) return `int:${hex(vector)}`;
  if (kind === 'controlWrite' && /^CR[0234]$/.test(reason)) return `cr:${reason[2]}`;
  if (kind === 'controlWrite' && /^DR[0-7]$/.test(reason)) return `dr:${reason[2]}`;
  if (INSTRUCTIONS.includes(kind) && mnemonic) return `insn:${mnemonic}`;
  return `event:${kind}`;
}
