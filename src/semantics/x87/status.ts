/** Bits of the x87 status and control words (SDM Vol. 1, 8.1.3 and 8.1.5). */

/** Exceptions: flag in the status word, mask in the control word. */
export const IE = 1 << 0;
export const DE = 1 << 1;
export const ZE = 1 << 2;
export const OE = 1 << 3;
export const UE = 1 << 4;
export const PE_SHIFT = 5;
export const PE = 1 << PE_SHIFT;
/** Stack fault; always with IE. */
export const SF = 1 << 6;
/** An unmasked exception is pending. */
export const ES = 1 << 7;
export const C0_SHIFT = 8;
export const C0 = 1 << C0_SHIFT;
export const C1_SHIFT = 9;
export const C1 = 1 << C1_SHIFT;
export const C2 = 1 << 10;
export const TOP_SHIFT = 11;
export const TOP = 7 << TOP_SHIFT;
export const C3_SHIFT = 14;
export const C3 = 1 << C3_SHIFT;
export const BUSY = 1 << 15;

export const EXCEPTIONS = IE | DE | ZE | OE | UE | PE;
/** Detected before the operation: unmasked, they leave the operands as they were. */
export const BEFORE_OPERATION = IE | DE | ZE;

/** Rounding control, as a number. */
export const ROUNDING_SHIFT = 10;
export const TO_NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TO_ZERO = 3;

/** Bits of the significand by precision control; the reserved value acts as 64. */
export const PRECISIONS = [24, 64, 53, 64] as const;
export const PRECISION_SHIFT = 8;
/** Control word after FINIT and after RESET. */
export const CONTROL_INIT = 0x37f;
export const CONTROL_RESET = 0x40;
/** Control word bits that can be set; bit 6 reads as one. */
export const CONTROL_BITS = 0x1f3f;
export const CONTROL_FIXED = 0x40;
