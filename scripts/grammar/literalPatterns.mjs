/** Numbers and strings (NASM manual, sections 3.4.1 to 3.4.8). A digit is followed by digits or `_`. */
import { END, START } from './patterns.mjs';

const EXPONENT = 'p[+-]?\\d[\\d_]*';
const fraction = (prefix, digit) => `${prefix}(?:${digit}[${digit.slice(1, -1)}_]*(?:\\.[${digit.slice(1, -1)}_]*)?|\\.${digit}[${digit.slice(1, -1)}_]*)${EXPONENT}`;
const dotted = (prefix, digit) => `${prefix}[${digit.slice(1, -1)}_]*\\.[${digit.slice(1, -1)}_]*(?:${EXPONENT})?`;

/** Binary exponents and fractions in the bases that are powers of two. */
const BASES = [
  ['0[xh]', '[\\da-f]'],
  ['\\$(?=\\d)', '[\\da-f]'],
  ['0[by]', '[01]'],
  ['0[oq]', '[0-7]'],
];
const decimalFloats = ['\\d[\\d_]*\\.[\\d_]*(?:e[+-]?\\d[\\d_]*)?', '\\d[\\d_]*e[+-]?\\d[\\d_]*'];
const floats = [...BASES.flatMap(([prefix, digit]) => [fraction(prefix, digit), dotted(prefix, digit)]), ...decimalFloats];

const number = (name, list) => ({ name: `constant.numeric.${name}.asm`, match: `(?i)${START}(?:${list.join('|')})${END}` });

export const NUMBERS = [
  number('hex', ['0[xh][\\da-f_]+', '\\$\\d[\\da-f_]*', '\\d[\\da-f_]*[hx]']),
  number('binary', ['0[by][01_]+', '[01][01_]*[by]']),
  number('octal', ['0[oq][0-7_]+', '[0-7][0-7_]*[oq]']),
  number('decimal', ['0[dt][\\d_]+', '\\d[\\d_]*[dt]?']),
  number('bcd', ['0p[\\d_]+', '\\d[\\d_]*p']),
  number('float', floats),
];

const ESCAPE = '\\\\(?:[\'"`\\\\?abtnvfre]|[0-7]{1,3}|x[\\dA-Fa-f]{1,2}|u[\\dA-Fa-f]{4}|U[\\dA-Fa-f]{8})';

export const STRINGS = [
  { name: 'string.quoted.single.asm', begin: "'", end: "'|$" },
  { name: 'string.quoted.double.asm', begin: '"', end: '"|$' },
  { name: 'string.quoted.backtick.asm', begin: '`', end: '`|$', patterns: [{ name: 'constant.character.escape.asm', match: ESCAPE }] },
];
