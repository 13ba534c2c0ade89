/**
 * All x86 mnemonics by class: those of the instruction table come with what they are to a hypervisor; the rest (x86-64,
 * vector and matrix extensions, VMX, SVM …) by iced-x86's list and NASM's own names. Nothing here is executed.
 */
import iced from 'iced-x86';
import { NASM_MNEMONICS } from './nasmMnemonics.mjs';
import * as W from './words.mjs';

/** Not x86 of a PC, not in a manual, or not one instruction. */
const FOREIGN = /^(KNC|UNDOC|PADLOCK_UNDOC|PADLOCK_GMI|CENTAUR_AIS)$/;
const NOT_A_MNEMONIC = /^(invalid|reservednop|undoc|zero_bytes|d[bwdq])$|_alt$/;
const VIRTUALIZATION = /^(VMX|SVM|SKINIT_or_SVM|INVEPT|INVVPID|SEV_ES|SEV_SNP|RMPQUERY|TDX)$/;
const SIMD = /^(MMX|SSE|SSSE|AVX|FMA|F16C|XOP|AES|VAES|KL|WIDE_KL|PCLMULQDQ|VPCLMULQDQ|SHA|SM3|SM4|GFNI|D3NOW|CYRIX_(D3NOW|EMMI)|AMX)/;
/** They came with a vector extension but work on general registers. */
const SCALAR = new Set(['crc32', 'popcnt', 'pause', 'loadiwkey']);
const CONTROL_FLOWS = new Set(['ConditionalBranch', 'UnconditionalBranch', 'IndirectBranch', 'Call', 'IndirectCall', 'Return', 'Interrupt', 'XbeginXabortXend']);

const x87 = (name) => name.startsWith('f') && name !== 'femms';

/** mnemonic → { features, privileged, flow } over all its encodings. */
function icedMnemonics() {
  const found = new Map();
  const instruction = new iced.Instruction();
  for (const code of Object.values(iced.Code).filter((value) => typeof value === 'number')) {
    const info = iced.CodeExt.opCode(code);
    instruction.code = code;
    const name = iced.Mnemonic[info.mnemonic].toLowerCase();
    const entry = found.get(name) ?? { features: [], privileged: false, flow: iced.FlowControl[instruction.flowControl] };
    entry.features.push(...[...instruction.cpuidFeatures()].map((feature) => iced.CpuidFeature[feature]));
    entry.privileged ||= info.isPrivileged;
    found.set(name, entry);
  }
  return found;
}

function classOf(name, { features, privileged, flow }) {
  if (W.UNEXECUTED_SENSITIVE.includes(name)) return 'sensitive';
  if (privileged) return 'privileged';
  if (CONTROL_FLOWS.has(flow)) return 'control';
  if (x87(name)) return 'x87';
  return features.some((feature) => SIMD.test(feature)) && !SCALAR.has(name) ? 'simd' : 'innocuous';
}

const FLAGS = { OF: 'OF', SF: 'SF', ZF: 'ZF', AF: 'AF', CF: 'CF', PF: 'PF', DF: 'DF', IF: 'IF' };
const flagsOf = (bits) => Object.keys(FLAGS).filter((name) => bits & iced.RflagsBits[name]);

/** mnemonic → what iced-x86 says of its encodings: ways to write it, CPUID features, flags, modes. Of all, also those that the table has. */
export function otherInstructions() {
  const { classes, virtualization } = otherMnemonics();
  const found = Object.fromEntries(
    [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, kind]) => [name, { kind: virtualization.has(name) ? `${kind}.virtualization` : kind }]),
  );
  const add = (entry, key, values) => {
    if (values.length > 0) entry[key] = [...new Set([...(entry[key] ?? []), ...values])];
  };
  const instruction = new iced.Instruction();
  for (const code of Object.values(iced.Code).filter((value) => typeof value === 'number')) {
    const info = iced.CodeExt.opCode(code);
    const entry = found[iced.Mnemonic[info.mnemonic].toLowerCase()];
    if (!entry) continue;
    instruction.code = code;
    add(entry, 'forms', [info.instructionString.replace(/^\S+ ?/, '').toLowerCase()]);
    add(
      entry,
      'features',
      [...instruction.cpuidFeatures()].map((feature) => iced.CpuidFeature[feature]),
    );
    add(entry, 'writes', flagsOf(instruction.rflagsWritten | instruction.rflagsCleared | instruction.rflagsSet));
    add(entry, 'reads', flagsOf(instruction.rflagsRead));
    if (info.mode16 || info.mode32) entry.legacy = true;
  }
  for (const entry of Object.values(found)) if (entry.forms?.length > 8) entry.forms = entry.forms.slice(0, 8);
  return found;
}

/** { classes: mnemonic → class, virtualization: the instructions of VMX, SVM, SEV-SNP and TDX }. */
export function otherMnemonics() {
  const classes = new Map();
  const virtualization = new Set();
  for (const [name, entry] of icedMnemonics()) {
    if (NOT_A_MNEMONIC.test(name) || entry.features.every((feature) => FOREIGN.test(feature))) continue;
    classes.set(name, classOf(name, entry));
    if (entry.features.some((feature) => VIRTUALIZATION.test(feature))) virtualization.add(name);
  }
  for (const [kind, names] of Object.entries(NASM_MNEMONICS)) for (const name of names) if (!classes.has(name)) classes.set(name, kind);
  return { classes, virtualization };
}
