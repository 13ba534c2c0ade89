/**
 * What the VMM reports: one typed record per event. Counted always; recorded only while somebody subscribes.
 */

export const VMM_EVENT_KINDS = [
  'sensitive', // a sensitive or privileged instruction ran directly, with the meaning the guest expects
  'silent', // a sensitive, unprivileged instruction ran in user mode and did the wrong thing
  'trap', // a privileged instruction faulted to the VMM, which emulated it
  'callout', // a translated block called the VMM to emulate its last instruction
  'blockTranslated',
  'blockEnd', // a translated block ran to its last instruction, and the VMM dispatched the next one
  'blockInvalidated',
  'interrupt', // a hardware interrupt was delivered or injected
  'softwareInterrupt', // INT n, INT3, INTO
  'guestFault', // an exception was delivered to the guest
  'tripleFault',
  'firmware', // a BIOS service was called
  'modeSwitch', // CR0.PE, CR0.PG or EFLAGS.VM changed
  'controlWrite', // a control, debug or model-specific register was written
  'port', // port I/O
  'unimplemented', // an encoding or feature that Ringside does not execute yet
  'unclaimed', // an access to an address that no device claims
] as const;

export type VmmEventKind = (typeof VMM_EVENT_KINDS)[number];

export interface VmmEvent {
  readonly kind: VmmEventKind;
  /** Coordinate: guest instructions retired before this one. */
  readonly retired: number;
  /** Where: selector, offset and linear address of the instruction (unsigned 32-bit; selector 16-bit). */
  readonly cs: number;
  readonly eip: number;
  readonly linear: number;
  /** Mnemonic of the instruction, e.g. `cli`; empty when no instruction caused it. */
  readonly mnemonic: string;
  /** The instruction as text, e.g. `mov cr0,eax`. */
  readonly instruction: string;
  /** Short cause: `#GP(0)`, `CR_ACCESS`, `INT 10h`, `branch`, `port 60h`. */
  readonly reason: string;
  /** One sentence: what the VMM did, or what went wrong and what bare metal would have done. */
  readonly sentence: string;
  /** Modelled cycles this event was charged (ledger profile). */
  readonly cycles: number;
  /** Interrupt or exception vector, port number, or control-register number, by kind. */
  readonly vector?: number;
  readonly port?: number;
  readonly write?: boolean;
}
