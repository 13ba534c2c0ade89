/** What a source is written for, when nobody says: an editor's question. */
import type { OutputFormat } from './assembly';

const statement = (words: string): RegExp => new RegExp(`^\\s*\\[?\\s*(?:${words})\\s+[^\\s:]`, 'im');
const IMPORTS = statement('extern|common');
const EXPORTS = statement('global');
const ORIGIN = statement('org');

/** A source that takes names from other files, or gives some away and has no ORG, is for a linker. */
export const sourceFormat = (text: string): OutputFormat => (IMPORTS.test(text) || (EXPORTS.test(text) && !ORIGIN.test(text)) ? 'elf32' : 'bin');
