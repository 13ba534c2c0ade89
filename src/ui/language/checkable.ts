/** Which documents our assembler can judge while they are edited: whole programs, for a flat binary or for a linker. Pure. */
import { LANGUAGE } from '../identifiers';

const LANGUAGES: readonly string[] = [LANGUAGE, 'nasm'];
/** A part of a program. */
const NOT_A_PROGRAM = /\.(inc|mac)$/i;
const WIDE_MODE = /^\s*\[?\s*(?:bits\s+64|use64|default\s+rel)\b/im;
/** What is to be linked is 64-bit code without saying so when its format is: its instructions tell. */
const LINKED = /^\s*\[?\s*(?:extern|common|global|required)\s+[A-Za-z_.?@]/im;
const WIDE_CODE = /^[^;'"\n]*[\s,[](?:r[abcd]x|r[sd]i|r[sb]p|r(?:8|9|1[0-5])[dwb]?|syscall)\b/im;

export interface CandidateSource {
  readonly languageId: string;
  readonly path: string;
  readonly text: string;
}

const MOST_CHARACTERS = 2_000_000;

const isWide = (text: string): boolean => WIDE_MODE.test(text) || (LINKED.test(text) && WIDE_CODE.test(text));

export const isCheckable = ({ languageId, path, text }: CandidateSource): boolean =>
  LANGUAGES.includes(languageId) && !NOT_A_PROGRAM.test(path) && text.length <= MOST_CHARACTERS && !isWide(text);
