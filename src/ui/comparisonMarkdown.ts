/** A comparison of techniques as Markdown. Pure: no `vscode`. */
import type { ComparisonDivergence, ComparisonReport, ComparisonRow, ComparisonVerdict } from '../protocol/comparison';
import { TECHNIQUES, type TechniqueId } from '../protocol/techniques';
import { baseName } from '../base/address';
import { t } from './text';

const nameOf = (id: TechniqueId): string => t(TECHNIQUES.find((one) => one.id === id)?.name ?? id);

/** Text that means itself; VS Code's preview also reads `$` as mathematics. */
const escapeMarkdown = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|~$&!]/g, '\\$&');

/** A code span, fenced by more backticks than it holds; in tables a bar must be escaped even there. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const [fence, pad] = ['`'.repeat(longest + 1), longest > 0 ? ' ' : ''];
  return `${fence}${pad}${text.replace(/\s+/g, ' ')}${pad}${fence}`;
}

const bold = (text: string): string => `**${escapeMarkdown(text)}**`;

const capital = (text: string): string => text.replace(/^./, (letter) => letter.toUpperCase());

/** The first column to the left, the others to the right. Cells are Markdown. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? ':---' : '---:'))), ...rows.map(line)].join('');
}

function rowsTable({ techniques, rows }: ComparisonReport, groups: readonly ComparisonRow['group'][]): string {
  const chosen = rows.filter(({ group }) => groups.includes(group));
  if (chosen.length === 0) return '';
  const title = (row: ComparisonRow) => (row.group === 'part' ? `&nbsp;&nbsp;${escapeMarkdown(row.title)}` : capital(escapeMarkdown(row.title)));
  return table(
    ['', ...techniques.map((id) => escapeMarkdown(nameOf(id)))],
    chosen.map((row) => [title(row), ...row.cells.map(escapeMarkdown)]),
  );
}

const placeOf = ({ instruction, source }: ComparisonDivergence): string => `${code(instruction)}${source === undefined ? '' : ` ${t('in {0}', escapeMarkdown(source))}`}`;

/** One line a technique: how its run ended, seen from the reference. */
function summary({ techniques: [reference, ...others], verdicts }: ComparisonReport): string {
  const lines = others.map((id) => {
    const found = verdicts.find(({ technique }) => technique === id);
    if (!found) return `- ${t('{0} ends in the same state.', bold(nameOf(id)))}\n`;
    const { divergence, sentence } = found;
    return `- ${divergence ? t('{0} differs, first after {1}.', bold(nameOf(id)), placeOf(divergence)) : `${bold(nameOf(id))} ${escapeMarkdown(sentence)}.`}\n`;
  });
  return `${t('Compared with {0}:', bold(nameOf(reference)))}\n\n${lines.join('')}`;
}

function divergenceSection(technique: TechniqueId, divergence: ComparisonDivergence, reference: TechniqueId): string {
  const { instructionNumber, address, registers, remarks, cause } = divergence;
  const parts = [`${t('First divergence at instruction {0}: {1}, at {2}.', instructionNumber, placeOf(divergence), code(address))}\n`];
  const rows = registers.map(({ name, reference: is, other, flags }) => [`${name.toUpperCase()}${flags.length > 0 ? ` (${flags.join(', ')})` : ''}`, code(is), code(other)]);
  if (rows.length > 0) parts.push(table([t('State after it'), escapeMarkdown(nameOf(reference)), escapeMarkdown(nameOf(technique))], rows));
  if (remarks.length > 0) parts.push(remarks.map(([title, text]) => `- ${escapeMarkdown(title)}: ${escapeMarkdown(text)}\n`).join(''));
  if (cause !== undefined) parts.push(`**${t('Why:')}** ${escapeMarkdown(cause)}\n`);
  return parts.join('\n');
}

const verdictSection = ({ technique, divergence, sentence }: ComparisonVerdict, reference: TechniqueId): string =>
  `## ${escapeMarkdown(nameOf(technique))}\n\n${divergence ? divergenceSection(technique, divergence, reference) : `${capital(escapeMarkdown(sentence))}.\n`}`;

const failureSection = ({ technique, causes }: ComparisonReport['failures'][number]): string =>
  `## ${t('{0}: what ended it', escapeMarkdown(nameOf(technique)))}\n\n${causes.map((cause) => `- ${escapeMarkdown(cause)}\n`).join('')}`;

export function comparisonMarkdown(report: ComparisonReport): string {
  const events = rowsTable(report, ['event']);
  return [
    `# ${t('{0}: techniques compared', escapeMarkdown(baseName(report.guest)))}\n`,
    summary(report),
    rowsTable(report, ['cost', 'part', 'state']),
    `## ${t('What the hypervisor did')}\n`,
    events || `${t('Nothing: the guest ran without any event.')}\n`,
    ...report.failures.map(failureSection),
    ...report.verdicts.map((verdict) => verdictSection(verdict, report.techniques[0])),
    `${t('Cycles are modelled, from published costs of events; host milliseconds are what this computer took.')}\n`,
  ].join('\n');
}
