/** Where the operands of vector instructions are, by the letters of the row (SDM Vol. 2, appendix A.2). */
import type { InstructionSpec, Operand } from '../../x86/instructionSpec';

export interface OperandPlace {
  readonly file: 'general' | 'mmx' | 'xmm';
  /** Field of ModRM that names the register. */
  readonly field: 'reg' | 'rm';
  /** Bytes in memory. */
  readonly bytes: 2 | 4 | 8 | 16;
  readonly aligned: boolean;
}

const place = (file: OperandPlace['file'], field: OperandPlace['field'], bytes: OperandPlace['bytes'], aligned = false): OperandPlace => ({ file, field, bytes, aligned });

const PLACES: Partial<Readonly<Record<Operand, OperandPlace>>> = {
  Vx: place('xmm', 'reg', 16),
  Wx: place('xmm', 'rm', 16, true),
  Wu: place('xmm', 'rm', 16),
  Wq: place('xmm', 'rm', 8),
  Wd: place('xmm', 'rm', 4),
  Ux: place('xmm', 'rm', 16),
  Mx: place('xmm', 'rm', 16, true),
  Mq: place('xmm', 'rm', 8),
  Pq: place('mmx', 'reg', 8),
  Qq: place('mmx', 'rm', 8),
  // The low halves: only 32 bits are read from memory.
  Qd: place('mmx', 'rm', 4),
  Nq: place('mmx', 'rm', 8),
  Gd: place('general', 'reg', 4),
  Ed: place('general', 'rm', 4),
  RdMw: place('general', 'rm', 2),
};

export interface OperandPlaces {
  readonly destination: OperandPlace;
  readonly source: OperandPlace | undefined;
  readonly usesMmx: boolean;
  readonly usesXmm: boolean;
}

export function placesOf({ operands, mnemonic }: InstructionSpec): OperandPlaces {
  const [destination, source] = operands.map((operand) => PLACES[operand]);
  if (!destination) throw new Error(`${mnemonic} ${operands.join()} is no vector instruction`);
  return { destination, source, usesMmx: operands.some((o) => /^[PQN]/.test(o)), usesXmm: operands.some((o) => /^[VWU]/.test(o)) };
}
