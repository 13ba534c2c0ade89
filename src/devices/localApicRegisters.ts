/** Registers of the P6 family's local APIC: SDM Vol. 3, table 10-1 and the figures of chapter 10. */
import { ACTIVE_LOW, LEVEL_TRIGGERED, LOGICAL_DESTINATION, MASKED, VECTOR_MASK } from './apicMessage';

export const LOCAL_APIC_SIZE = 0x1000;

export const ID = 0x20;
export const VERSION = 0x30;
export const TPR = 0x80;
export const APR = 0x90;
export const PPR = 0xa0;
export const EOI = 0xb0;
export const LDR = 0xd0;
export const DFR = 0xe0;
export const SVR = 0xf0;
export const ISR = 0x100;
export const TMR = 0x180;
export const IRR = 0x200;
export const ESR = 0x280;
export const ICR_LOW = 0x300;
export const ICR_HIGH = 0x310;
export const INITIAL_COUNT = 0x380;
export const CURRENT_COUNT = 0x390;
export const DIVIDE = 0x3e0;

/** On chip (14h), five LVT entries. */
export const VERSION_P6 = 0x0004_0014;
export const SVR_ENABLE = 1 << 8;
/** Low four bits of the spurious vector are ones on the P6. */
export const SVR_FIXED = 0x0f;
export const LVT_PERIODIC = 1 << 17;

/** Local vector table: register, number, writable bits. */
// biome-ignore format: a table
export const LVT = [
  { register: 0x320, name: 'timer',       writable: VECTOR_MASK | MASKED | LVT_PERIODIC },
  { register: 0x340, name: 'performance', writable: VECTOR_MASK | 0x700 | MASKED },
  { register: 0x350, name: 'lint0',       writable: VECTOR_MASK | 0x700 | ACTIVE_LOW | LEVEL_TRIGGERED | MASKED },
  { register: 0x360, name: 'lint1',       writable: VECTOR_MASK | 0x700 | ACTIVE_LOW | LEVEL_TRIGGERED | MASKED },
  { register: 0x370, name: 'error',       writable: VECTOR_MASK | MASKED },
] as const;
export type LvtName = (typeof LVT)[number]['name'];
export type LintPin = 'lint0' | 'lint1';

/** Error status register. */
export const ERROR = { SEND_ACCEPT: 1 << 2, SEND_ILLEGAL_VECTOR: 1 << 5, RECEIVED_ILLEGAL_VECTOR: 1 << 6, ILLEGAL_REGISTER: 1 << 7 } as const;

/** ICR bits 19..18. */
export const SHORTHAND = { NONE: 0, SELF: 1, ALL: 2, OTHERS: 3 } as const;
export const ICR_WRITABLE = VECTOR_MASK | 0x700 | LOGICAL_DESTINATION | (1 << 14) | LEVEL_TRIGGERED | (3 << 18);
export const BROADCAST = [0x0f, 0xff];
