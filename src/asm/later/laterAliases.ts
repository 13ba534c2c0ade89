/** Names with an immediate byte in them (SDM Vol. 2, CMPPD and PCLMULQDQ). */
import type { Alias } from '../../x86/aliases';

/** Predicates by number, as AVX knows them: relation, then ordered or unordered, quiet or signaling. */
const PREDICATES =
  'eq_oq lt_os le_os unord_q neq_uq nlt_us nle_us ord_q eq_uq nge_us ngt_us false_oq neq_oq ge_os gt_os true_uq eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us'.split(
    ' ',
  );
/** Those that go without their suffix. */
const SHORT = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15];

const names = [...PREDICATES.entries(), ...SHORT.map((number) => [number, PREDICATES[number].split('_')[0]] as const)];
const comparisons = ['ps', 'pd', 'ss', 'sd'].flatMap((type) => names.map(([immediate, name]): Alias => ({ name: `vcmp${name}${type}`, of: `vcmp${type}`, immediate })));

/** Low or high quadword of the second source, then of the first. */
const products = ['', 'v'].flatMap((vex) =>
  (['ll 0', 'hl 1', 'lh 16', 'hh 17'] as const).map((line): Alias => {
    const [[first, second], immediate] = line.split(' ');
    return { name: `${vex}pclmul${first}q${second}qdq`, of: `${vex}pclmulqdq`, immediate: Number(immediate) };
  }),
);

export const LATER_ALIASES: readonly Alias[] = [...comparisons, ...products];
