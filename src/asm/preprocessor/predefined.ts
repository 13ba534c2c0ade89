/** Standard macros (NASM manual, 5.1 to 5.5): version, output format, place, time. */
import { tokenizeAt } from '../lexer';
import { quoteText } from '../strings';
import type { Token } from '../token';
import type { Preprocessor } from './preprocessor';

/** The dialect: nasm 2.16.01. */
const FIXED: Readonly<Record<string, string>> = {
  NASM_MAJOR: '2',
  NASM_MINOR: '16',
  NASM_SUBMINOR: '1',
  NASM_PATCHLEVEL: '0',
  NASM_VERSION_ID: '0x02100100',
  NASM_VER: '"2.16.01"',
  PASS: '2',
  DEBUG_FORMAT: 'null',
};

const two = (value: number): string => String(value).padStart(2, '0');

function timeMacros(now: Date): Readonly<Record<string, string>> {
  const local = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()].map(two);
  const utc = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate(), now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()].map(two);
  const named = ([year, month, day, hour, minute, second]: readonly string[], prefix: string) => ({
    [`${prefix}DATE`]: `'${year}-${month}-${day}'`,
    [`${prefix}TIME`]: `'${hour}:${minute}:${second}'`,
    [`${prefix}DATE_NUM`]: `${year}${month}${day}`,
    [`${prefix}TIME_NUM`]: `${hour}${minute}${second}`,
  });
  return { ...named(local, ''), ...named(utc, 'UTC_'), POSIX_TIME: String(Math.floor(now.getTime() / 1000)) };
}

/** Each is known as __NAME__ and as __?NAME?__. */
export function predefine(preprocessor: Preprocessor, now: Date): void {
  const place = { line: 1, column: 1, endColumn: 1 };
  const define = (name: string, compute: (at: Token) => readonly Token[]) => {
    for (const spelling of [`__${name}__`, `__?${name}?__`]) preprocessor.macros.define({ name: spelling, caseSensitive: true, parameters: undefined, body: [], compute });
  };
  for (const [name, text] of Object.entries({ ...FIXED, ...timeMacros(now) })) define(name, () => tokenizeAt(text, place));
  define('FILE', (at) => tokenizeAt(quoteText(preprocessor.path), at));
  define('LINE', (at) => tokenizeAt(String(at.line), at));
  define('OUTPUT_FORMAT', () => tokenizeAt(preprocessor.host.format, place));
  define('BITS', (at) => tokenizeAt(String(preprocessor.host.bits), at));
}
