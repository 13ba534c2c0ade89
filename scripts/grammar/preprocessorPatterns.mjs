/** NASM's preprocessor (manual, chapter 4): directives, the tokens that a macro's body may hold, predefined macros. */
import { ID } from './patterns.mjs';
import { any } from './trie.mjs';
import * as W from './words.mjs';

const DIRECTIVE = 'keyword.control.directive.preprocessor.asm';

const conditionals = ['if', 'ifn', 'elif', 'elifn'].flatMap((word) => [word, ...W.CONDITIONALS.map((condition) => `${word}${condition}`)]);

const definition = (list, scope) => ({
  match: `(?i)^\\s*(%(?:${any(list)}))\\s+(${ID})`,
  captures: { 1: { name: DIRECTIVE }, 2: { name: scope } },
});

const directives = [
  { name: 'comment.block.preprocessor.asm', begin: '(?i)^\\s*%comment\\b', end: '(?i)^\\s*%endcomment\\b' },
  {
    match: '(?i)^\\s*(%(?:include|require|depend|use))\\s+("[^"]*"|\'[^\']*\'|`[^`]*`|\\w+)',
    captures: { 1: { name: DIRECTIVE }, 2: { name: 'string.quoted.include.asm' } },
  },
  definition(W.MACRO_DEFINITIONS, 'entity.name.function.macro.asm'),
  definition(W.CONSTANT_DEFINITIONS, 'entity.name.constant.preprocessor.asm variable.other.constant.asm'),
  { name: DIRECTIVE, match: `(?i)%(?:${any([...W.PREPROCESSOR, ...conditionals])})\\b` },
];

/** Local to a macro's expansion (`%%x`), or to a context (`%$x`). */
const MACRO_LABEL = '%(?:%|\\$+)[\\w.?@~#][\\w.$?@~#]*';

const tokens = [
  { match: `^\\s*(${MACRO_LABEL})(:)`, captures: { 1: { name: 'entity.name.label.macro.asm' }, 2: { name: 'punctuation.separator.label.asm' } } },
  { name: 'entity.name.label.macro.asm', match: MACRO_LABEL },
  { name: 'variable.other.environment.asm', match: '%\\{?!(?:\\w+|"[^"]*"|\'[^\']*\'|`[^`]*`)\\}?' },
  { name: 'variable.parameter.macro.asm', match: '%(?:[+-]?\\d+|\\{[^}]*\\}|\\*\\?{1,2}|\\?{1,2}|[+*,])' },
  { name: 'meta.preprocessor.expansion.asm', begin: '%\\[', end: '\\]|$', patterns: [{ include: '#operands' }] },
];

/** Both ways to write them: `__?LINE?__` and, before NASM 2.15, `__LINE__`. */
const either = (list) => `(?i)__(?:\\?(?:${any(list)})\\?|(?:${any(list)}))__`;
const predefined = [
  { name: 'constant.numeric.float.special.asm', match: either(W.SPECIAL_FLOATS) },
  { name: 'support.function.predefined.asm', match: either(W.FUNCTIONS) },
  { name: 'support.constant.predefined.asm', match: '__\\?[A-Za-z]\\w*\\?__|__(?:[A-Z][A-Z0-9_]*)__' },
];

export const preprocessorPatterns = [...directives, ...tokens, ...predefined];
