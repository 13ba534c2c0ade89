/** What may be written at a position: mnemonics, directives, registers, names. Pure. */
import { once } from '../../base/once';
import { instructions, REGISTERS } from '../instructionFacts';
import { blankText } from '../sourceLine';
import { DIRECTIVES, PREPROCESSOR, REGISTER_DOCS, SIZES } from './directiveDocs';
import { commentOf, type Definition, type DefinitionKind, namesAt, type SourceModel } from './sourceModel';
import { msg, t } from '../text';

export type ProposalKind = 'instruction' | 'directive' | 'register' | 'size' | DefinitionKind;

export interface Proposal {
  readonly label: string;
  readonly kind: ProposalKind;
  readonly detail?: string;
  readonly documentation?: string;
}

const KIND_NAMES = { directive: msg('directive'), size: msg('size') } as const;

const proposals = (kind: keyof typeof KIND_NAMES, docs: ReadonlyMap<string, string>, prefix = ''): Proposal[] =>
  [...docs].map(([word, documentation]) => ({ label: prefix + word, kind, detail: t(KIND_NAMES[kind]), documentation: t(documentation) }));

const mnemonics = once((): readonly Proposal[] =>
  Object.entries(instructions()).map(([label, { summary, cases, of }]) => {
    const kinds = [...new Set(cases.map((c) => (c.name === 'io' ? 'I/O' : c.kind)))].filter((kind) => kind !== 'innocuous');
    return { label, kind: 'instruction', detail: [of ? `= ${of}` : '', ...kinds].filter(Boolean).join(', ') || undefined, documentation: summary };
  }),
);

const registerProposals = once((): readonly Proposal[] =>
  [...REGISTERS].map((label) => ({ label, kind: 'register', detail: t('register'), documentation: t(REGISTER_DOCS.get(label) ?? '') || undefined })),
);

const describe = ({ kind, parameters, value }: Definition): string => [kind, parameters, value].filter(Boolean).join(' ');

function names(model: SourceModel, line: number, others: readonly SourceModel[], wanted: (kind: DefinitionKind) => boolean): Proposal[] {
  const own = namesAt(model, line).map(({ name, definition }) => ({ name, definition, source: model }));
  const theirs = others.flatMap((source) => source.definitions.map((definition) => ({ name: definition.name, definition, source })));
  const seen = new Set<string>();
  return [...own, ...theirs]
    .filter(({ name, definition }) => wanted(definition.kind) && !name.includes('%%') && !seen.has(name) && seen.add(name))
    .map(({ name, definition, source }) => ({ label: name, kind: definition.kind, detail: describe(definition), documentation: commentOf(source, definition.line) || undefined }));
}

/** Text before the cursor decides: a percent sign, the place of an instruction, or that of operands. `others`: included sources. */
export function proposalsAt(model: SourceModel, line: number, column: number, others: readonly SourceModel[] = []): Proposal[] {
  const before = blankText(model.lines[line]?.slice(0, column) ?? '');
  const text = model.lines[line]?.slice(0, column) ?? '';
  if (before.trimEnd().length < text.trimEnd().length) return []; // in a string or comment
  if (/^\s*%\w*$/.test(before)) return proposals('directive', PREPROCESSOR, '%');
  const head = /^\s*(?:[A-Za-z_.?@$][\w.$?@~#]*:\s*)?(?:(?:rep\w*|lock|times\s+\S+)\s+)*[\w.$?@]*$/i.test(before);
  if (head) return [...mnemonics(), ...proposals('directive', DIRECTIVES), ...names(model, line, others, (kind) => kind === 'macro' || kind === 'define' || kind === 'structure')];
  if (/^\s*\[?\s*(?:section|segment)\s+[\w.]*$/i.test(before)) return names(model, line, others, (kind) => kind === 'section');
  return [...registerProposals(), ...proposals('size', SIZES), ...names(model, line, others, (kind) => kind !== 'macro' && kind !== 'section')];
}
