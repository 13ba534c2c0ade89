/** Every string that the extension shows exists in every language: those of the manifest, and those of the code. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { EVENT_KINDS } from '../../src/protocol/eventKinds';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { DIRECTIVES, PREPROCESSOR, REGISTER_DOCS, SIZES } from '../../src/ui/language/directiveDocs';
import { SOURCES, translatedTexts } from './texts';

const read = (file: string): Record<string, string> => JSON.parse(fs.readFileSync(file, 'utf8'));
const english = read('package.nls.json');
const spanish = read('package.nls.es.json');
const bundle = read('l10n/bundle.l10n.es.json');
const manifest = fs.readFileSync('package.json', 'utf8');

const sources = SOURCES.map((name) => [name, fs.readFileSync(name, 'utf8')] as const);

/** `{0}` and the like, command links, and what stands in code: the same in both languages. */
const fixed = (text: string): string[] => (text.match(/\{\d\}|\(command:[^)]*\)/g) ?? []).sort();

test('every key of the manifest has a string in both languages, and every string a key', () => {
  const keys = [...manifest.matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key);
  assert.ok(keys.length > 100);
  for (const key of keys) {
    assert.ok(english[key], `package.nls.json lacks ${key}`);
    assert.ok(spanish[key], `package.nls.es.json lacks ${key}`);
    assert.deepEqual(fixed(spanish[key]), fixed(english[key]), key);
  }
  const used = new Set(keys);
  for (const [name, strings] of Object.entries({ english, spanish })) for (const key of Object.keys(strings)) assert.ok(used.has(key), `${key} of the ${name} strings is not used`);
});

test('every string of the code has its Spanish, and nothing else is there', () => {
  const literals = SOURCES.flatMap(translatedTexts);
  assert.ok(literals.length > 300);
  const kinds = Object.values(EVENT_KINDS).map(({ name }) => name);
  const words = [DIRECTIVES, SIZES, PREPROCESSOR, REGISTER_DOCS].flatMap((docs) => [...docs.values()]);
  const strings = new Set([...literals, ...TECHNIQUES.flatMap(({ name, description }) => [name, description]), ...kinds, ...words]);
  strings.delete('');
  const missing = [...strings].filter((text) => !bundle[text]);
  assert.equal(missing.length, 0, `l10n/bundle.l10n.es.json lacks\n${missing.map((text) => JSON.stringify(text)).join('\n')}`);
  for (const text of strings) assert.deepEqual(fixed(bundle[text]), fixed(text), text);
  for (const text of Object.keys(bundle)) assert.ok(strings.has(text), `"${text}" is not used`);
});

test('messages and titles are shown in the user’s language', () => {
  for (const [name, text] of sources.filter(([file]) => file.startsWith('src/ui'))) {
    const bare = /show(?:Error|Warning|Information)Message\(\s*['`](?!Ringside: \$\{message\})|(?:title|placeHolder|openLabel): ['`][A-Z]/.exec(text);
    assert.equal(bare, null, `${name}: ${bare?.[0]}`);
  }
});
