/**
 * What the VMM reports: one typed union, a kind for everything it does. Counted always; built and recorded only while
 * somebody subscribes. A kind is a row here, with the fields it has beyond those of all events; further techniques add rows.
 */

/** A state bit, register or memory cell that is not as bare metal would have left it: `IF`, `EAX`, `[00007C00h]`. Values as text. */
export interface StateDifference {
  readonly what: string;
  readonly is: string;
  readonly bare: string;
}

/** A memory access of the guest that its shadow page tables did not let through. */
export interface ShadowAccess {
  /** Guest-linear. */
  readonly address: number;
  readonly access: 'read' | 'write';
  readonly view: ShadowViewName;
}

/** Which shadow root: that of the guest's kernel, that of its user code, or one for both (ring compression). */
export type ShadowViewName = 'kernel' | 'user' | 'shared';

/** What a VM exit leaves in the VMCS, and what became of it. Numbers are the fields as the SDM lays them out. */
export interface VmExitDetails {
  /** Basic exit reason, 0 to 65535. */
  readonly number: number;
  readonly qualification: number;
  /** The qualification and the fields beside it, taken apart: name and value. */
  readonly decoded: readonly (readonly [name: string, value: string])[];
  /** VM-exit interruption information, where the exit has one. */
  readonly interruption?: number;
  /** IDT-vectoring information: the event whose delivery the exit interrupted. */
  readonly idtVectoring?: number;
  /** What the VMM did about it. */
  readonly handling: string;
  /** Guest state that the handling changed, as `EAX 00000001h → 00000F29h`; only while events are recorded. */
  readonly changes: readonly string[];
}

// biome-ignore format: a table
interface VmmEventKinds {
  /** A sensitive or privileged instruction ran directly, with the meaning the guest expects. */
  sensitive: object;
  /** A sensitive, unprivileged instruction ran in user mode and did the wrong thing. */
  silent: { readonly differences: readonly StateDifference[] };
  /** A privileged instruction faulted to the VMM, which emulated it. */
  trap: object;
  /** A translated block called the VMM to emulate its last instruction. */
  callout: object;
  /** A translated block emulated the instruction itself, without leaving the translation cache. */
  inline: object;
  blockTranslated: object;
  /** A translated block ran to its last instruction, and the VMM dispatched the next one. */
  blockEnd: object;
  /** A branch was patched to go straight to the next block. */
  blockChained: { readonly target: number };
  blockInvalidated: object;
  /** An instruction that trapped often is translated to a callout, or is innocent again. */
  adapted: { readonly translated: boolean };
  /** A page fault that only the shadow page tables caused: the guest's own tables allow the access. */
  hiddenFault: ShadowAccess;
  /** A page fault that the guest's own tables cause: the guest gets it. */
  trueFault: ShadowAccess & { readonly errorCode: number };
  /** The VMM derived a shadow page-table entry from the guest's. */
  shadowFill: ShadowAccess & { /** Guest-physical. */ readonly physical: number };
  /** A store into a page that the VMM traces: a page table or descriptor table of the guest. */
  tracedWrite: { /** Guest-physical. */ readonly physical: number; readonly length: number };
  /** A paravirtualized guest called the VMM: the registers that hold number and arguments. */
  hypercall: { readonly number: number; readonly arguments: readonly number[] };
  /** The guest left non-root mode. */
  vmExit: VmExitDetails;
  /** The VMM resumed the guest. */
  vmEntry: object;
  /** A VM entry delivered an event to the guest: the VM-entry interruption information. */
  injection: { readonly interruption: number };
  /** A hardware interrupt was delivered or injected. */
  interrupt: object;
  /** INT n, INT3, INTO. */
  softwareInterrupt: object;
  /** An exception was delivered to the guest. */
  guestFault: { /** In real mode, and its vector still leads into the BIOS: no handler of the guest’s gets it. */ readonly unhandled: boolean };
  tripleFault: object;
  /** A BIOS service was called. */
  firmware: object;
  /** CR0.PE, CR0.PG or EFLAGS.VM changed. */
  modeSwitch: object;
  /** A control, debug or model-specific register was written. */
  controlWrite: object;
  /** Port I/O. */
  port: object;
  /** An encoding or feature that Ringside does not execute yet. */
  unimplemented: object;
  /** The guest asked a device for something that cannot be done. */
  deviceError: object;
  /** An access to an address that no device claims. */
  unclaimed: object;
}

export type VmmEventKind = keyof VmmEventKinds;

/** What an event of this kind says beyond what all say. */
export type VmmEventDetails<K extends VmmEventKind> = VmmEventKinds[K];

/** In the order in which counts are shown; the compiler misses a kind that is left out. */
const KINDS = {
  sensitive: true,
  silent: true,
  trap: true,
  callout: true,
  inline: true,
  blockTranslated: true,
  blockEnd: true,
  blockChained: true,
  blockInvalidated: true,
  adapted: true,
  hiddenFault: true,
  trueFault: true,
  shadowFill: true,
  tracedWrite: true,
  hypercall: true,
  vmExit: true,
  vmEntry: true,
  injection: true,
  interrupt: true,
  softwareInterrupt: true,
  guestFault: true,
  tripleFault: true,
  firmware: true,
  modeSwitch: true,
  controlWrite: true,
  port: true,
  unimplemented: true,
  deviceError: true,
  unclaimed: true,
} as const satisfies Record<VmmEventKind, true>;

export const VMM_EVENT_KINDS = Object.keys(KINDS) as readonly VmmEventKind[];

interface VmmEventBase {
  /** Coordinate: guest instructions retired before this one. */
  readonly retired: number;
  /** Where: selector, offset and linear address of the instruction (unsigned 32-bit; selector 16-bit). */
  readonly cs: number;
  readonly eip: number;
  readonly linear: number;
  readonly codeSize: 16 | 32;
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
  /** What breakpoints select by: interrupt or exception vector, port number, and the port's direction. */
  readonly vector?: number;
  readonly port?: number;
  readonly write?: boolean;
}

export type VmmEventOf<K extends VmmEventKind> = VmmEventBase & { readonly kind: K } & VmmEventDetails<K>;

/** Where a guest was silently misled. */
export interface SilentPlace {
  /** The latest. */
  readonly event: VmmEventOf<'silent'>;
  readonly count: number;
}

export type VmmEvent = { [K in VmmEventKind]: VmmEventOf<K> }[VmmEventKind];
