/** What travels between I/O APIC and local APICs (SDM Vol. 3, 10.6 and 10.11; 82093AA datasheet, 3.2.4). */

/** Delivery mode, bits 10..8 of an LVT entry, a redirection entry or the ICR. */
export const DELIVERY = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, STARTUP: 6, EXTINT: 7 } as const;

/** Fields that LVT entries, redirection entries and the ICR have at the same place. */
export const VECTOR_MASK = 0xff;
export const LOGICAL_DESTINATION = 1 << 11;
export const ACTIVE_LOW = 1 << 13;
export const REMOTE_IRR = 1 << 14;
export const LEVEL_TRIGGERED = 1 << 15;
export const MASKED = 1 << 16;

export const deliveryOf = (entry: number): number => (entry >>> 8) & 7;

/** Vectors 0..15 are the CPU's own. */
export const LOWEST_VECTOR = 16;

export interface ApicMessage {
  readonly delivery: number;
  readonly vector: number;
  readonly levelTriggered: boolean;
  /** APIC ID or, when `logical`, a set of them (SDM Vol. 3, 10.6.2). */
  readonly destination: number;
  readonly logical: boolean;
}
