/** Labels where a statement begins: global, local (`.x`), special (`..@x`, `..start`); with a colon, or before an instruction. */
import { END, ID } from './patterns.mjs';
import { any } from './trie.mjs';
import * as W from './words.mjs';

/** As themes know names that code can go to. */
const LABEL = 'entity.name.function.label';
const ANY_LABEL = `(?:(\\.\\.@?[\\w$?@~#]*)|(\\.[\\w$?@~#]+)|(${ID}))`;
const KINDS = { 1: { name: `${LABEL}.special.asm` }, 2: { name: `${LABEL}.local.asm` }, 3: { name: `${LABEL}.asm` } };

const label = (before, after, captures = {}) => ({ match: `(?i)^${before}${ANY_LABEL}${after}`, captures: { ...KINDS, ...captures } });

/** `mnemonics`, `prefixes` and `registers` are words that a label is not. */
export function labelPatterns(mnemonics, prefixes, registers) {
  const data = any(['istruc', 'incbin', 'times', ...W.DATA]);
  const instructions = any([...mnemonics, ...prefixes]);
  const reserved = any([...mnemonics, ...prefixes, ...registers, ...W.DIRECTIVES, ...W.PRAGMAS, ...W.PSEUDO, ...W.DATA]);
  const notReserved = `(?!(?:${reserved})${END})`;
  return [
    label('\\s*', '(:)(?!:)', { 4: { name: 'punctuation.separator.label.asm' } }),
    { match: `(?i)^\\s*(${ID})\\s+(?=equ\\b)`, captures: { 1: { name: 'variable.other.constant.asm' } } },
    label('\\s*(?!(?:times|at)\\s)', `\\s+(?=(?:${data})\\b)`),
    label(notReserved, `(?=\\s+(?:${instructions})${END}|\\s*(?:;|$))`),
    // Any other word where a statement begins calls a macro.
    { match: `(?i)^\\s*${notReserved}(${ID})(?=\\s+[^\\s:=]|\\s*$)`, captures: { 1: { name: 'entity.name.function.macro.asm' } } },
  ];
}
