/** Exception vectors (SDM Vol. 3, table 6-1): mnemonic, class, whether an error code is pushed. */

export type ExceptionClass = 'fault' | 'trap' | 'abort' | 'interrupt';

export interface ExceptionSpec {
  readonly vector: number;
  readonly mnemonic: string;
  readonly description: string;
  readonly kind: ExceptionClass;
  readonly errorCode: boolean;
  /** Contributes to a double fault (SDM Vol. 3, table 6-4). */
  readonly combine: 'benign' | 'contributory' | 'pageFault';
}

const row = (vector: number, mnemonic: string, description: string, kind: ExceptionClass, errorCode = false, combine: ExceptionSpec['combine'] = 'benign'): ExceptionSpec => ({
  vector,
  mnemonic,
  description,
  kind,
  errorCode,
  combine,
});

export const DE = 0;
export const DB = 1;
export const NMI = 2;
export const BP = 3;
export const OF = 4;
export const BR = 5;
export const UD = 6;
export const NM = 7;
export const DF = 8;
export const TS = 10;
export const NP = 11;
export const SS_FAULT = 12;
export const GP = 13;
export const PF = 14;
export const MF = 16;
export const AC = 17;
export const XM = 19;

export const EXCEPTIONS: readonly ExceptionSpec[] = [
  row(DE, '#DE', 'divide error', 'fault', false, 'contributory'),
  row(DB, '#DB', 'debug', 'fault'),
  row(NMI, 'NMI', 'non-maskable interrupt', 'interrupt'),
  row(BP, '#BP', 'breakpoint (INT3)', 'trap'),
  row(OF, '#OF', 'overflow (INTO)', 'trap'),
  row(BR, '#BR', 'bound range exceeded', 'fault'),
  row(UD, '#UD', 'invalid opcode', 'fault'),
  row(NM, '#NM', 'device not available', 'fault'),
  row(DF, '#DF', 'double fault', 'abort', true),
  row(9, '—', 'coprocessor segment overrun', 'fault', false, 'contributory'),
  row(TS, '#TS', 'invalid TSS', 'fault', true, 'contributory'),
  row(NP, '#NP', 'segment not present', 'fault', true, 'contributory'),
  row(SS_FAULT, '#SS', 'stack fault', 'fault', true, 'contributory'),
  row(GP, '#GP', 'general protection', 'fault', true, 'contributory'),
  row(PF, '#PF', 'page fault', 'fault', true, 'pageFault'),
  row(MF, '#MF', 'x87 floating-point error', 'fault'),
  row(AC, '#AC', 'alignment check', 'fault', true),
  row(XM, '#XM', 'SIMD floating-point exception', 'fault'),
];

/** `#GP`, or `INT 21h` for a vector that is no exception. */
const BY_VECTOR: ReadonlyMap<number, ExceptionSpec> = new Map(EXCEPTIONS.map((e) => [e.vector, e]));

export const exceptionOf = (vector: number): ExceptionSpec | undefined => BY_VECTOR.get(vector);

export const vectorName = (vector: number): string => exceptionOf(vector)?.mnemonic ?? `INT ${vector.toString(16).toUpperCase().padStart(2, '0')}h`;
