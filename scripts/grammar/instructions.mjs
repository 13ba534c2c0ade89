/**
 * What an editor may know about a mnemonic, derived from the instruction table. A mnemonic whose meaning to a
 * hypervisor depends on its operands (MOV, PUSH, POP, JMP, CALL) has several cases, each with a pattern that its
 * operands match; the last case takes the rest.
 */

import { exceptionsOf } from './exceptions.mjs';
import { formsOf } from './forms.mjs';
import { summaryOf } from './summaries.mjs';

const ANY = '[^,;]+';
const OPERAND_PATTERNS = {
  Cd: 'cr[0-7]',
  Dd: 'dr[0-7]',
  Td: 'tr[0-7]',
  Sw: '[c-gs]s',
  Ap: '[^,;\\[\\]"\']+:[^;]*',
  Mp: 'far\\b[^;]*',
  ...Object.fromEntries(['ES', 'CS', 'SS', 'DS', 'FS', 'GS'].map((s) => [s, s.toLowerCase()])),
};

/** Pattern of the operand text, or undefined when the operands do not tell the row from others. */
const operandPattern = (operands) => (operands.some((o) => OPERAND_PATTERNS[o]) ? operands.map((o) => OPERAND_PATTERNS[o] ?? ANY).join('\\s*,\\s*') : undefined);

/** `gs` after `es`, `cs`: alternatives of one case joined, shortest form first. */
const join = (patterns) => [...new Set(patterns)].join('|');

const explain = (spec, technique) => spec.sensitive?.[technique];

/** One case per meaning: { operands?, sensitivity?, kind, class, gate, exit, bare, trap, hvm, bt, pv }. */
function casesOf(rows) {
  const groups = new Map();
  for (const spec of rows) {
    const key = spec.sensitivity ?? '';
    groups.set(key, [...(groups.get(key) ?? []), spec]);
  }
  const ordered = [...groups].sort(([a], [b]) => Number(a === '') - Number(b === ''));
  return ordered.map(([name, specs]) => {
    const operands = groups.size > 1 && name ? join(specs.map((s) => operandPattern(s.operands)).filter(Boolean)) : undefined;
    const exceptions = exceptionsOf(specs);
    if (!name) return { kind: 'innocuous', ...(exceptions.length > 0 ? { exceptions } : {}) };
    const { kind, class: popekGoldberg, gate, exit } = specs[0].sensitive;
    const sentences = Object.fromEntries(['bare', 'trap', 'hvm', 'bt', 'pv'].map((technique) => [technique, explain(specs[0], technique)]));
    return {
      ...(operands ? { operands } : {}),
      name,
      kind,
      class: popekGoldberg,
      ...(gate ? { gate } : {}),
      ...(exit ? { exit } : {}),
      ...sentences,
      ...(exceptions.length > 0 ? { exceptions } : {}),
    };
  });
}

const FLAGS = { o: 'OF', s: 'SF', z: 'ZF', a: 'AF', p: 'PF', c: 'CF', d: 'DF', i: 'IF', t: 'TF', n: 'NT', v: 'IOPL' };
const flagNames = (rows, column) => [...new Set(rows.flatMap((r) => [...(r[column] ?? '')]))].map((letter) => FLAGS[letter]).filter(Boolean);

function factsOf(rows, table) {
  const oldest = rows.map((r) => r.since ?? '8086').sort((a, b) => table.CPU_GENERATIONS.indexOf(a) - table.CPU_GENERATIONS.indexOf(b))[0];
  const facts = { flow: rows[0].flow, cases: casesOf(rows), encodings: [...new Set(rows.filter((r) => !r.undocumented).map((r) => r.encoding))] };
  if (oldest !== '8086') facts.since = oldest;
  for (const [name, column] of [
    ['reads', 'r'],
    ['writes', 'w'],
    ['undefined', 'u'],
  ]) {
    const names = flagNames(rows, column);
    if (names.length > 0) facts[name] = names;
  }
  return { ...facts, forms: formsOf(rows) };
}

/** mnemonic → facts, aliases included (`of` names the table's mnemonic). */
export function instructionFacts(table) {
  const rowsOf = new Map();
  for (const spec of table.INSTRUCTIONS) {
    if (spec.lift === 'unimplemented' || spec.mnemonic === 'firmware') continue;
    for (const name of new Set([spec.mnemonic, spec.mnemonic32])) rowsOf.set(name, [...(rowsOf.get(name) ?? []), spec]);
  }
  const facts = new Map([...rowsOf].map(([name, rows]) => [name, factsOf(rows, table)]));
  for (const { name, of } of table.ALIASES) if (!facts.has(name) && facts.has(of)) facts.set(name, { of, ...facts.get(of) });
  for (const [name, entry] of facts) entry.summary = summaryOf(name, entry.of);
  return Object.fromEntries([...facts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Prefixes that are words of their own: a segment override is its register. */
export const prefixNames = (table) => table.PREFIXES.filter((p) => p.group !== 'segment' && p.group !== 'wait').map((p) => p.name);

export function registerNames(table) {
  return {
    general: [...table.REGISTERS_8, ...table.REGISTERS_16, ...table.REGISTERS_32],
    pointer: ['ip', 'eip', 'flags', 'eflags'],
    segment: [...table.SEGMENT_REGISTERS],
    control: [...table.CONTROL_REGISTERS],
    debug: [...table.DEBUG_REGISTERS],
    test: [...table.TEST_REGISTERS],
    fpu: ['st', ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `st${n}`)],
    mmx: [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `mm${n}`),
    sse: [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `xmm${n}`),
  };
}
