import { FLAG_NAMES, REGISTER_NAMES } from '../../debug/expressions';
import type { DebugTarget } from '../../debug/target';
import { integer, optional, shape, string } from '../arguments';
import { memberNames, variableNames } from '../cCompletions';
import { handler } from '../handler';

const SIZE_WORDS = ['byte', 'word', 'dword', 'phys'];
const MOST = 200;

interface Candidate {
  readonly label: string;
  readonly type: 'variable' | 'keyword' | 'function' | 'value' | 'field';
}

const all = (labels: readonly string[], type: Candidate['type']): Candidate[] => labels.map((label) => ({ label, type }));

const names = (target: DebugTarget, frame: number): Candidate[] => [
  ...all(variableNames(target, frame), 'variable'),
  ...all([...REGISTER_NAMES, ...FLAG_NAMES], 'variable'),
  ...all(SIZE_WORDS, 'keyword'),
  ...target.symbols.symbols.map(({ name, kind }): Candidate => ({ label: name, type: kind === 'label' ? 'function' : 'value' })),
];

export const completions = handler('completions', shape({ text: string, column: integer, frameId: optional(integer) }), {
  capabilities: { supportsCompletionsRequest: true, completionTriggerCharacters: ['[', '.', ':', '{', '>'] },
  run(session, { text, column, frameId }) {
    const { guest, index } = frameId === undefined ? { guest: session.focus, index: 0 } : session.frameOf(frameId);
    const before = text.slice(0, Math.max(0, column - session.client.columnBase));
    const members = memberNames(guest.target, index, before);
    const word = (members ? /\w*$/ : /[\w.?@$~#]*$/).exec(before)?.[0] ?? '';
    const candidates = members ? all(members, 'field') : names(guest.target, index);
    const fitting = candidates.filter((c) => c.label.toLowerCase().startsWith(word.toLowerCase()));
    return { targets: fitting.slice(0, MOST).map((c) => ({ ...c, start: before.length - word.length, length: word.length })) };
  },
});
