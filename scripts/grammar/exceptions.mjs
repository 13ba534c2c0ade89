/** Which exceptions an instruction may raise, from the columns of its rows (SDM Vol. 2, "Exceptions" of each instruction; Vol. 3A, 6.15). */

const GATES = {
  cpl: '#GP(0) outside CPL 0',
  iopl: '#GP(0) when CPL > IOPL',
  tss: '#GP(0) when CPL > IOPL and the I/O bitmap denies the port',
  cr4: '#GP(0) outside CPL 0 when CR4 forbids it',
};

const BY_LIFT = {
  div: '#DE for a zero divisor or a quotient too wide',
  idiv: '#DE for a zero divisor or a quotient too wide',
  aam: '#DE for base 0',
  bound: '#BR out of bounds',
  into: '#OF when OF is set',
  int3: '#BP',
  ud2: '#UD always',
  ud1: '#UD always',
  int: '#GP(8n+2) when the gate’s DPL < CPL',
  wrmsr: '#GP(0) for an unknown MSR or reserved bits',
  rdmsr: '#GP(0) for an unknown MSR',
  cmpxchg8b: '#UD for a register operand',
  int1: '#DB',
}; // prettier-ignore

const BY_SENSITIVITY = {
  popSegment: '#GP, #NP, #SS (selector) when the descriptor does not fit',
  movToSegment: '#GP, #NP, #SS (selector) when the descriptor does not fit',
  farCall: '#GP, #NP, #SS, #TS (selector)',
  farJump: '#GP, #NP, #TS (selector)',
  farReturn: '#GP, #NP, #SS (selector)',
  iret: '#GP, #NP, #SS, #TS (selector)',
  movToControl: '#GP(0) for reserved bits, or PG without PE',
  movFromDebug: '#DB when DR7.GD is set',
  movToDebug: '#DB when DR7.GD is set',
  lldt: '#GP, #NP (selector)',
  ltr: '#GP, #NP (selector)',
  vmcall: '#UD without a hypervisor',
}; // prettier-ignore

const memory = (operand) => /^([EMOQWXY]|RvMw|RdMw)/.test(operand) && operand !== 'eAX';
const some = (rows, pattern) => rows.some((r) => r.operands.some((o) => pattern.test(o)));
const STACK = /^(push|pop|call|ret|enter|leave|iret|int)/;
const X87 = /^(D[89A-F]|9B)/;
const NUMERIC = /^(add|sub|mul|div|sqrt|min|max|cmp|u?comi|cvt).*(ps|pd|ss|sd|dq|si|pi)/;
const GENERATIONS = ['8086', '186', '286', '386', '486', 'pentium', 'p6', 'p3', 'p4'];
const NAMES = { pentium: 'Pentium', p6: 'Pentium Pro', p3: 'Pentium III', p4: 'Pentium 4' };

const oldestOf = (rows) => rows.map((r) => r.since ?? '8086').sort((a, b) => GENERATIONS.indexOf(a) - GENERATIONS.indexOf(b))[0];

/** Sentences `vector and condition`, the most specific first. */
export function exceptionsOf(rows) {
  const oldest = oldestOf(rows);
  const [{ mnemonic, encoding }] = rows;
  const vector = some(rows, /^[PQNVWU]/);
  const sse = some(rows, /^[VWU]/);
  return [
    ...new Set([
      ...rows.map((r) => r.sensitive?.gate && GATES[r.sensitive.gate]),
      ...rows.map((r) => BY_SENSITIVITY[r.sensitivity]),
      ...rows.map((r) => BY_LIFT[r.lift]),
      rows.every((r) => r.protectedOnly) && '#UD in real and virtual-8086 mode',
      X87.test(encoding) && '#NM when CR0.EM or CR0.TS is set; #MF when an x87 exception is pending',
      vector && !sse && '#UD when CR0.EM is set; #NM when CR0.TS is set; #MF when an x87 exception is pending',
      sse && '#UD when CR0.EM is set or CR4.OSFXSR clear; #NM when CR0.TS is set',
      sse && NUMERIC.test(mnemonic) && '#XM for an unmasked numeric exception',
      some(rows, /^(Wx|Mx)$/) && '#GP(0) when its memory is not aligned to 16 bytes',
      rows.some((r) => r.operands.some(memory)) && '#PF, #GP(0), #SS(0) by its memory operand',
      STACK.test(mnemonic) && '#SS(0), #PF on the stack',
      oldest !== '8086' && `#UD before the ${NAMES[oldest] ?? oldest}`,
      rows.every((r) => r.until) && `#UD after the ${NAMES[rows[0].until] ?? rows[0].until}`,
      rows.some((r) => r.lock) && '#UD with LOCK unless the destination is memory',
    ]),
  ].filter(Boolean);
}
