/**
 * Instructions are coloured by what they are to a hypervisor: the scopes `support.function.privileged`,
 * `support.class.sensitive` and `support.variable.io` stand for what traps, what is silently wrong, and what talks to
 * devices; standard themes tell them from the plain `keyword.mnemonic`. VMX, SVM and their like add `.virtualization`.
 */
import { START, word } from './patterns.mjs';
import { any } from './trie.mjs';
import * as W from './words.mjs';

const MNEMONIC = 'keyword.mnemonic';
export const SCOPES = {
  privileged: `${MNEMONIC}.asm support.function.privileged.asm`,
  sensitive: `${MNEMONIC}.asm support.class.sensitive.asm`,
  io: `${MNEMONIC}.asm support.variable.io.asm`,
  control: 'keyword.control.flow.asm',
  innocuous: `${MNEMONIC}.asm`,
  x87: `${MNEMONIC}.x87.asm`,
  simd: `${MNEMONIC}.simd.asm`,
  'privileged.virtualization': `${MNEMONIC}.asm support.function.privileged.virtualization.asm`,
  'sensitive.virtualization': `${MNEMONIC}.asm support.class.sensitive.virtualization.asm`,
};

const CONTROL_FLOWS = new Set(['jump', 'branch', 'call', 'return', 'farJump', 'farCall', 'farReturn', 'interrupt']);

/** What the table says; an innocuous one may still belong to an extension. */
function tableClass(facts, oneCase, otherClass) {
  if (oneCase.name === 'io') return 'io';
  if (oneCase.kind !== 'innocuous') return oneCase.kind;
  if (CONTROL_FLOWS.has(facts.flow)) return 'control';
  return otherClass === 'x87' || otherClass === 'simd' ? otherClass : 'innocuous';
}

/** Class of every mnemonic, where its operands do not decide: those of the table (`facts`), then the others. */
export function mnemonicClasses(facts, { classes, virtualization }) {
  const result = new Map(classes);
  for (const [name, entry] of Object.entries(facts)) {
    const rest = entry.cases.find((one) => !one.operands);
    if (rest) result.set(name, tableClass(entry, rest, classes.get(name)));
  }
  for (const name of W.UNEXECUTED_PRIVILEGED) result.set(name, 'privileged');
  for (const name of virtualization) result.set(name, `${result.get(name)}.virtualization`);
  return result;
}

/** `MOV CR0, r32` is not `MOV r32, r32`: one pattern for the mnemonics of each pair of class and operands. */
function operandPatterns(facts) {
  const byOperands = new Map();
  for (const [mnemonic, entry] of Object.entries(facts)) {
    for (const one of entry.cases.filter((c) => c.operands)) {
      const key = `${tableClass(entry, one)} ${one.operands}`;
      byOperands.set(key, [...(byOperands.get(key) ?? []), mnemonic]);
    }
  }
  return [...byOperands].map(([key, mnemonics]) => {
    const [name] = key.split(' ', 1);
    const operands = key.slice(name.length + 1);
    return { name: SCOPES[name], match: `(?i)${START}(?:${any(mnemonics)})(?=\\s+(?:(?:word|dword|short|near|strict)\\s+)?(?:${operands})\\s*(?:$|[,;]))` };
  });
}

export function instructionPatterns(facts, classes) {
  const plain = Object.entries(SCOPES).map(([name, scope]) => {
    const mnemonics = [...classes].filter(([, kind]) => kind === name).map(([mnemonic]) => mnemonic);
    return { name: scope, match: word(mnemonics) };
  });
  return [...operandPatterns(facts), ...plain];
}
