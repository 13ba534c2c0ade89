/** Operands of the instruction table as a reader of NASM source knows them: `r/m32`, `imm8`, `sreg`. */

const NAMES = {
  Eb: 'r/m8',
  Ew: 'r/m16',
  Ed: 'r/m32',
  Ev: 'r/m',
  Gb: 'r8',
  Gw: 'r16',
  Gd: 'r32',
  Gv: 'r',
  Sw: 'sreg',
  Cd: 'cr',
  Dd: 'dr',
  Td: 'tr',
  Rd: 'r32',
  RvMw: 'r/m16',
  RdMw: 'r32/m16',
  Pq: 'mm',
  Qq: 'mm/m64',
  Qd: 'mm/m32',
  Nq: 'mm',
  Vx: 'xmm',
  Wx: 'xmm/m128',
  Wu: 'xmm/m128',
  Wq: 'xmm/m64',
  Wd: 'xmm/m32',
  Ux: 'xmm',
  M: 'mem',
  Md: 'm32',
  Mx: 'm128',
  Ma: 'm16&16',
  Mp: 'm16:16',
  Ms: 'm48',
  Mw: 'm16',
  Mq: 'm64',
  Mt: 'm80',
  Mi: 'mem',
  Ib: 'imm8',
  Ibs: 'imm8',
  Iw: 'imm16',
  Iz: 'imm',
  Jb: 'label (short)',
  Jz: 'label',
  Ap: 'selector:offset',
  Ob: '[address]',
  Ov: '[address]',
  Zb: 'r8',
  Zv: 'r',
  AL: 'al',
  AX: 'ax',
  eAX: 'eax',
  CL: 'cl',
  DX: 'dx',
  ST: 'st0',
  STi: 'st(i)',
  1: '1',
  ES: 'es',
  CS: 'cs',
  SS: 'ss',
  DS: 'ds',
  FS: 'fs',
  GS: 'gs',
}; // prettier-ignore

/** Implied by the mnemonic of a string instruction. */
const implicit = (operand) => /^[XY][bv]$/.test(operand);

const form = (spec) => (spec.operands.some(implicit) ? '' : spec.operands.map((operand) => NAMES[operand] ?? operand).join(', '));

/** Each way to write the operands, once; '' for none. */
export function formsOf(rows) {
  const documented = rows.filter((r) => !r.undocumented);
  return [...new Set((documented.length > 0 ? documented : rows).map(form))];
}
