/** The hover on a mnemonic: what it does, what it is to a hypervisor, and what each technique makes of it. Pure: no `vscode`. */
import { TECHNIQUES } from '../protocol/techniques';
import { caseOf, factsOf, type InstructionCase, type InstructionFacts, type OtherInstruction } from './instructionFacts';
import { msg, t } from './text';

const GATES: Readonly<Record<string, string>> = {
  cpl: msg('faults at any CPL > 0'),
  iopl: msg('faults when CPL > IOPL'),
  tss: msg('faults when CPL > IOPL and the TSS’s I/O bitmap denies the port'),
  cr4: msg('faults outside ring 0 when a CR4 bit says so'),
};

const CLASSES: Readonly<Record<string, string>> = { C: msg('control-sensitive'), M: msg('mode-sensitive'), L: msg('location-sensitive') };

const CONTROL = new Set(['jump', 'branch', 'call', 'return', 'farJump', 'farCall', 'farReturn', 'interrupt']);

const GENERATION_NAMES: Readonly<Record<string, string>> = { pentium: 'Pentium', p6: 'P6', p3: 'Pentium III', p4: 'Pentium 4' };

function headline(mnemonic: string, entry: InstructionFacts, one: InstructionCase): string {
  const name = `**${mnemonic.toUpperCase()}**${entry.of ? ` (${t('another name of {0}', entry.of.toUpperCase())})` : ''}`;
  if (one.kind === 'innocuous') return `${name} — ${t('innocuous: it runs directly under every technique.')}`;
  const classes = [...(one.class ?? '')].map((letter) => t(CLASSES[letter])).join(', ');
  if (one.kind === 'privileged') return `${name} — ${t('**privileged**: {0} ({1}).', t(GATES[one.gate ?? 'cpl']), classes)}`;
  return `${name} — ${t('**sensitive, not privileged**: it never faults in user mode, so a VMM that waits for traps misses it ({0}).', classes)}`;
}

const technicalLine = (entry: InstructionFacts): string =>
  [
    `\`${entry.encodings.slice(0, 6).join('`, `')}\`${entry.encodings.length > 6 ? ' …' : ''}`,
    entry.since ? t('since {0}', GENERATION_NAMES[entry.since] ?? entry.since) : '',
    entry.reads ? t('reads {0}', entry.reads.join(' ')) : '',
    entry.writes ? t('writes {0}', entry.writes.join(' ')) : '',
    entry.undefined ? t('leaves {0} undefined', entry.undefined.join(' ')) : '',
  ]
    .filter(Boolean)
    .join(' · ');

const exceptionLines = ({ exceptions = [] }: InstructionCase): string[] => (exceptions.length > 0 ? ['', `${t('Exceptions: {0}.', exceptions.join('; '))}`] : []);

/** Markdown, or undefined for a word that is no mnemonic. `running` is marked. */
export function instructionHover(mnemonic: string, operands: string, running?: string): string | undefined {
  const entry = factsOf(mnemonic.toLowerCase());
  if (!entry) return undefined;
  const one = caseOf(entry, operands);
  const lines = [headline(mnemonic, entry, one), ''];
  if (entry.summary) lines.push(entry.summary, '');
  if (one.kind !== 'innocuous') {
    lines.push(`| ${t('Technique')} | ${t('What happens')} |`, '|:---|:---|');
    for (const { id, name } of TECHNIQUES) if (one[id]) lines.push(`| ${id === running ? `**${t(name)}** ◂` : t(name)} | ${one[id]} |`);
    lines.push('');
  } else if (CONTROL.has(entry.flow)) lines.push(t('Ends a basic block, and with it a translation block.'), '');
  lines.push(technicalLine(entry), ...exceptionLines(one));
  return lines.join('\n');
}

const KINDS: Readonly<Record<string, string>> = {
  privileged: msg('**privileged**: it faults outside ring 0, so a VMM can emulate it'),
  sensitive: msg('**sensitive, not privileged**: a hypervisor has to know of it'),
};

/** An instruction that Ringside does not execute: the guest gets #UD under every technique. */
export function otherInstructionHover(mnemonic: string, { kind, forms = [], features = [], reads = [], writes = [], legacy }: OtherInstruction): string {
  const [base, virtualization] = kind.split('.');
  const what = [t(KINDS[base] ?? msg('innocuous')), virtualization ? t('it belongs to hardware virtualization (VMX, SVM)') : ''].filter(Boolean).join('; ');
  const lines = [
    `**${mnemonic.toUpperCase()}** — ${what}.`,
    '',
    legacy === undefined && forms.length > 0
      ? t('Exists in 64-bit code only. Ringside’s processor does not have it: #UD under every technique.')
      : t('Ringside’s processor does not have it: #UD under every technique.'),
  ];
  if (forms.length > 0) lines.push('', forms.map((form) => `\`${[mnemonic, form].join(' ').trim()}\``).join('  \n'));
  const facts = [
    features.length > 0 ? `CPUID: ${features.slice(0, 4).join(', ')}` : '',
    reads.length > 0 ? t('reads {0}', reads.join(' ')) : '',
    writes.length > 0 ? t('writes {0}', writes.join(' ')) : '',
  ];
  if (facts.some(Boolean)) lines.push('', facts.filter(Boolean).join(' · '));
  return lines.join('\n');
}
