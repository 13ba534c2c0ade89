/**
 * How much of NASM 3's language the grammar knows, column by column: mnemonics, registers by class, directives, preprocessor,
 * literals, symbols, comments. Each word is tokenized in a line of its own, as VS Code would.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type textmate from 'vscode-textmate';
import { otherMnemonics } from '../../scripts/grammar/mnemonics.mjs';
import { instructions } from '../../src/ui/instructionFacts';
import { CONDITIONS } from '../../src/x86/conditions';
import { CLASSES, COMMENTS, DATA_AND_SIZES, DIRECTIVES, LITERALS, PREPROCESSOR, PREPROCESSOR_TOKENS, type Probe, REGISTERS, SYMBOLS } from './probes';
import { loadGrammar, scopeOf } from './tokens';

let grammar: textmate.IGrammar;

before(async () => {
  grammar = await loadGrammar();
});

/** The probes that fail, as text; an empty list is full marks. */
const failures = (probes: readonly Probe[]): string[] =>
  probes.flatMap(([line, word, scope]) => {
    const found = scopeOf(grammar, line, word);
    return found === `${scope}.asm` ? [] : [`${line} | ${word}: ${found}, not ${scope}.asm`];
  });

const allOf = (byScope: Readonly<Record<string, readonly string[]>>, line: (word: string) => string): Probe[] =>
  Object.entries(byScope).flatMap(([scope, words]) => words.flatMap((word): Probe[] => [word, word.toUpperCase()].map((w): Probe => [line(w), w, scope])));

const { classes } = otherMnemonics();
const MNEMONICS = new Set([...Object.keys(instructions()), ...classes.keys()]);
const MNEMONIC_SCOPE = /^(keyword\.(mnemonic|control\.flow)|support\.(function\.privileged|class\.sensitive|variable\.io))\b/;

/** Jcc, SETcc and the like count once. */
const codes = [...CONDITIONS.flatMap((c) => [c.name, ...c.aliases]), 't', 'f'].sort((a, b) => b.length - a.length).join('|');
const CONDITIONAL = new RegExp(`^(j|set|cmov|cfcmov|ccmp|ctest|cmp)(?:${codes})(zu|xadd)?$`);
const stemOf = (mnemonic: string): string => mnemonic.replace(CONDITIONAL, '$1cc$2');

test('2,000 stems of mnemonics and more, in lower and upper case', () => {
  const known = [...MNEMONICS].filter((name) => [name, name.toUpperCase()].every((word) => MNEMONIC_SCOPE.test(scopeOf(grammar, `    ${word} `, word))));
  assert.deepEqual(
    [...MNEMONICS].filter((name) => !known.includes(name)),
    [],
  );
  const stems = new Set(known.map(stemOf));
  assert.ok(stems.size >= 2000, `${stems.size} stems`);
  assert.ok(stems.has('jcc') && stems.has('ccmpcc') && !stems.has('jz') && stems.has('jmp'));
});

test('all that the table has up to the P6, more than 270 stems', () => {
  const p6 = Object.entries(instructions()).filter(([, facts]) => !['p3', 'p4'].includes(facts.since ?? '8086'));
  const known = p6.map(([name]) => name).filter((name) => MNEMONIC_SCOPE.test(scopeOf(grammar, `    ${name} `, name)));
  assert.equal(known.length, p6.length);
  const stems = new Set(known.map(stemOf));
  assert.ok(stems.size > 270, `${stems.size} stems`);
});

test('a mnemonic with a letter more or less is none', () => {
  const others = [...MNEMONICS].flatMap((name) => [name.slice(0, -1), `${name}z`]).filter((word) => word.length > 1 && !MNEMONICS.has(word));
  assert.ok(others.length > 2000);
  assert.deepEqual(
    others.filter((word) => MNEMONIC_SCOPE.test(scopeOf(grammar, `    ${word} `, word))),
    [],
  );
});

test('the instructions of the table, by what they are to a hypervisor; VMX and SVM, x87, vectors apart', () => {
  const system = Object.entries(CLASSES).flatMap(([scope, words]) => (scope.startsWith('support.') ? words : []));
  assert.ok(new Set(system).size > 74, `${system.length} instructions`);
  assert.deepEqual(failures(allOf(CLASSES, (word) => `    ${word} `)), []);
});

test('every register by its class', () => {
  const probes = allOf(REGISTERS, (word) => `  mov x, ${word}`);
  assert.equal(probes.length, 2 * 344);
  assert.deepEqual(failures(probes), []);
});

test('62 directives, bare and in brackets', () => {
  assert.equal(new Set(DIRECTIVES).size, 62);
  const scope = (word: string) => (/^(d[bwdqtoyz]|res[bwdqtoyz])$/.test(word) ? 'storage.type.data' : 'keyword.other.directive');
  const bare = DIRECTIVES.flatMap((word): Probe[] => [word, word.toUpperCase()].map((w): Probe => [`${w} 1`, w, scope(word)]));
  const bracketed = DIRECTIVES.flatMap((word): Probe[] => [word, word.toUpperCase()].map((w): Probe => [`  [${w} 1]`, w, 'keyword.other.directive']));
  assert.deepEqual(failures([...bare, ...bracketed]), []);
});

test('every directive and token of the preprocessor', () => {
  const directives = PREPROCESSOR.flatMap((word): Probe[] => [word, word.toUpperCase()].map((w): Probe => [`${w} x`, w, 'keyword.control.directive.preprocessor']));
  assert.ok(new Set(PREPROCESSOR).size > 85);
  assert.deepEqual(failures([...directives, ...PREPROCESSOR_TOKENS]), []);
  for (const word of ['%ifx', '%definex', '%mov']) assert.notEqual(scopeOf(grammar, `${word} x`, word), 'keyword.control.directive.preprocessor.asm');
});

test('data and size words, numbers and strings', () => assert.deepEqual(failures([...DATA_AND_SIZES, ...LITERALS]), []));

test('labels, references, segments and decorators', () => assert.deepEqual(failures(SYMBOLS), []));

test('comments and statements that go on in the next line', () => assert.deepEqual(failures(COMMENTS), []));
