/** Guest time is a function of retired instructions, the same under every technique. */

/** Guest time per retired instruction, and per tick of the time-stamp counter. */
export const NANOSECONDS_PER_INSTRUCTION = 10;
export const NANOSECONDS_PER_TICK = NANOSECONDS_PER_INSTRUCTION;
