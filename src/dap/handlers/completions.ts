import { FLAG_NAMES, REGISTER_NAMES } from '../../debug/expressions';
import { integer, shape, string } from '../arguments';
import { handler } from '../handler';

const SIZE_WORDS = ['byte', 'word', 'dword', 'phys'];
const MOST = 200;

export const completions = handler('completions', shape({ text: string, column: integer }), {
  capabilities: { supportsCompletionsRequest: true, completionTriggerCharacters: ['[', '.', ':', '{'] },
  run(session, { text, column }) {
    const { symbols } = session.target;
    const before = text.slice(0, Math.max(0, column - session.client.columnBase));
    const word = /[\w.?@$~#]*$/.exec(before)?.[0] ?? '';
    const start = before.length - word.length;
    const words = [
      ...[...REGISTER_NAMES, ...FLAG_NAMES].map((label) => ({ label, type: 'variable' })),
      ...SIZE_WORDS.map((label) => ({ label, type: 'keyword' })),
      ...symbols.symbols.map((s) => ({ label: s.name, type: s.kind === 'label' ? 'function' : 'value' })),
    ];
    const fitting = words.filter((w) => w.label.toLowerCase().startsWith(word.toLowerCase()));
    return { targets: fitting.slice(0, MOST).map((w) => ({ ...w, start, length: word.length })) };
  },
});
