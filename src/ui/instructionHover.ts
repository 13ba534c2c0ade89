/** The hover on a mnemonic: what it does, what it is to a hypervisor, and what each technique makes of it. Pure: no `vscode`. */
import { TECHNIQUES } from '../protocol/techniques';
import { caseOf, factsOf, type InstructionCase, type InstructionFacts, type OtherInstruction } from './instructionFacts';

const GATES: Readonly<Record<string, string>> = {
  cpl: 'faults at any CPL > 0',
  iopl: 'faults when CPL > IOPL',
  tss: 'faults when CPL > IOPL and the TSS’s I/O bitmap denies the port',
  cr4: 'faults outside ring 0 when a CR4 bit says so',
};

const CLASSES: Readonly<Record<string, string>> = { C: 'control-sensitive', M: 'mode-sensitive', L: 'location-sensitive' };

const CONTROL = new Set(['jump', 'branch', 'call', 'return', 'farJump', 'farCall', 'farReturn', 'interrupt']);

const GENERATION_NAMES: Readonly<Record<string, string>> = { pentium: 'Pentium', p6: 'P6', p3: 'Pentium III', p4: 'Pentium 4' };

function headline(mnemonic: string, entry: InstructionFacts, one: InstructionCase): string {
  const name = `**${mnemonic.toUpperCase()}**${entry.of ? ` (another name of ${entry.of.toUpperCase()})` : ''}`;
  if (one.kind === 'innocuous') return `${name} — innocuous: it runs directly under every technique.`;
  const classes = [...(one.class ?? '')].map((letter) => CLASSES[letter]).join(', ');
  if (one.kind === 'privileged') return `${name} — **privileged**: ${GATES[one.gate ?? 'cpl']} (${classes}).`;
  return `${name} — **sensitive, not privileged**: it never faults in user mode, so a VMM that waits for traps misses it (${classes}).`;
}

const technicalLine = (entry: InstructionFacts): string =>
  [
    `\`${entry.encodings.slice(0, 6).join('`, `')}\`${entry.encodings.length > 6 ? ' …' : ''}`,
    entry.since ? `since ${GENERATION_NAMES[entry.since] ?? entry.since}` : '',
    entry.reads ? `reads ${entry.reads.join(' ')}` : '',
    entry.writes ? `writes ${entry.writes.join(' ')}` : '',
    entry.undefined ? `leaves ${entry.undefined.join(' ')} undefined` : '',
  ]
    .filter(Boolean)
    .join(' · ');

const exceptionLines = ({ exceptions = [] }: InstructionCase): string[] => (exceptions.length > 0 ? ['', `Exceptions: ${exceptions.join('; ')}.`] : []);

/** Markdown, or undefined for a word that is no mnemonic. `running` is marked. */
export function instructionHover(mnemonic: string, operands: string, running?: string): string | undefined {
  const entry = factsOf(mnemonic.toLowerCase());
  if (!entry) return undefined;
  const one = caseOf(entry, operands);
  const lines = [headline(mnemonic, entry, one), ''];
  if (entry.summary) lines.push(entry.summary, '');
  if (one.kind !== 'innocuous') {
    lines.push('| Technique | What happens |', '|:---|:---|');
    for (const { id, name } of TECHNIQUES) if (one[id]) lines.push(`| ${id === running ? `**${name}** ◂` : name} | ${one[id]} |`);
    lines.push('');
  } else if (CONTROL.has(entry.flow)) lines.push('Ends a basic block, and with it a translation block.', '');
  lines.push(technicalLine(entry), ...exceptionLines(one));
  return lines.join('\n');
}

const KINDS: Readonly<Record<string, string>> = {
  privileged: '**privileged**: it faults outside ring 0, so a VMM can emulate it',
  sensitive: '**sensitive, not privileged**: a hypervisor has to know of it',
};

/** An instruction that Ringside does not execute: the guest gets #UD under every technique. */
export function otherInstructionHover(mnemonic: string, { kind, forms = [], features = [], reads = [], writes = [], legacy }: OtherInstruction): string {
  const [base, virtualization] = kind.split('.');
  const what = [KINDS[base] ?? 'innocuous', virtualization ? 'it belongs to hardware virtualization (VMX, SVM)' : ''].filter(Boolean).join('; ');
  const lines = [
    `**${mnemonic.toUpperCase()}** — ${what}.`,
    '',
    legacy === undefined && forms.length > 0
      ? 'Exists in 64-bit code only. Ringside’s processor does not have it: #UD under every technique.'
      : 'Ringside’s processor does not have it: #UD under every technique.',
  ];
  if (forms.length > 0) lines.push('', forms.map((form) => `\`${[mnemonic, form].join(' ').trim()}\``).join('  \n'));
  const facts = [
    features.length > 0 ? `CPUID: ${features.slice(0, 4).join(', ')}` : '',
    reads.length > 0 ? `reads ${reads.join(' ')}` : '',
    writes.length > 0 ? `writes ${writes.join(' ')}` : '',
  ];
  if (facts.some(Boolean)) lines.push('', facts.filter(Boolean).join(' · '));
  return lines.join('\n');
}
