/** Which documents our assembler can judge while they are edited: whole programs for a flat binary. Pure. */
import { LANGUAGE } from '../identifiers';

const LANGUAGES: readonly string[] = [LANGUAGE, 'nasm'];
/** A part of a program, or one that needs a linker or a 64-bit processor. */
const NOT_A_PROGRAM = /\.(inc|mac)$/i;
const LINKED = /^\s*\[?\s*(?:extern|common|required)\s+[A-Za-z_.?@]|^\s*\[?\s*(?:bits\s+64|default\s+rel)\b/im;

export interface CandidateSource {
  readonly languageId: string;
  readonly path: string;
  readonly text: string;
}

const MOST_CHARACTERS = 2_000_000;

export const isCheckable = ({ languageId, path, text }: CandidateSource): boolean =>
  LANGUAGES.includes(languageId) && !NOT_A_PROGRAM.test(path) && text.length <= MOST_CHARACTERS && !LINKED.test(text);
