/** What the patterns of the grammar are made of. */
import { any } from './trie.mjs';

/** Where a word begins and ends: NASM's identifiers hold more than letters and digits (manual, section 3.1). */
export const START = '(?<![\\w.$?@~#%])';
export const END = '(?![\\w.$?@~#])';
export const ID = '[A-Za-z_.?@$][\\w.$?@~#]*';
export const word = (list) => `(?i)${START}(?:${any(list)})${END}`;
