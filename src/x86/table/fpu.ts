/**
 * The x87 escape opcodes D8..DF: decoded so that the length is right; not yet executed.
 * Reaching one is the internal event `unimplemented`, by name, never a silent #UD.
 */
import { type Row, row } from '../instructionSpec';

export const FPU: readonly Row[] = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
  row(`D${(8 + n).toString(16).toUpperCase()} /r`, `x87 escape D${(8 + n).toString(16).toUpperCase()}`, 'Ed', { lift: 'unimplemented', undocumented: true }),
);
