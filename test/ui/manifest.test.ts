/** package.json and the code agree: names, languages, and the schema of launch.json. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { LABS } from '../../src/ui/labs';
import { TOKEN_MODIFIERS, TOKEN_TYPES } from '../../src/ui/language/semanticTokens';
import { ASSEMBLY_LANGUAGES, COMMANDS, COMPILED_LANGUAGES, DEBUG_TYPE, GAS_LANGUAGE, LANGUAGE, LISTING_LANGUAGE, NASM_LANGUAGES, VIEWS } from '../../src/ui/identifiers';

const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8'));
const { contributes } = manifest;
const strings: Record<string, string> = JSON.parse(fs.readFileSync('package.nls.json', 'utf8'));

/** A string of the manifest as an English user reads it. */
const localized = (text: string): string => strings[/^%(.*)%$/.exec(text)?.[1] ?? ''] ?? text;

test('commands, views and debug type', () => {
  assert.deepEqual(contributes.commands.map((c: { command: string }) => c.command).sort(), Object.values(COMMANDS).sort());
  assert.deepEqual(
    Object.values<{ id: string }[]>(contributes.views)
      .flatMap((views) => views.map((v) => v.id))
      .sort(),
    Object.values(VIEWS).sort(),
  );
  assert.deepEqual(
    contributes.debuggers.map((d: { type: string }) => d.type),
    [DEBUG_TYPE],
  );
});

test('every command in a menu exists', () => {
  const known = new Set<string>(Object.values(COMMANDS));
  for (const [menu, items] of Object.entries<{ command: string }[]>(contributes.menus)) for (const { command } of items) assert.ok(known.has(command), `${menu}: ${command}`);
});

test('breakpoints and F5 in every assembly language', () => {
  assert.deepEqual(contributes.debuggers[0].languages, ASSEMBLY_LANGUAGES);
  assert.deepEqual(
    contributes.breakpoints.map((b: { language: string }) => b.language),
    [...ASSEMBLY_LANGUAGES, ...COMPILED_LANGUAGES],
  );
  for (const language of ASSEMBLY_LANGUAGES) assert.ok(manifest.activationEvents.includes(`onLanguage:${language}`), language);
  assert.deepEqual(
    contributes.languages.map((l: { id: string }) => l.id),
    [LANGUAGE, GAS_LANGUAGE, LISTING_LANGUAGE],
  );
});

test('semantic tokens: types, modifiers, and colours for every NASM language', () => {
  const ids = (list: { id: string }[]) => list.map((item) => item.id);
  assert.deepEqual(
    ids(contributes.semanticTokenTypes),
    TOKEN_TYPES.filter((type) => type !== 'macro'),
  ); // VS Code has macros
  assert.deepEqual(
    ids(contributes.semanticTokenModifiers),
    TOKEN_MODIFIERS.filter((modifier) => modifier !== 'declaration'),
  );
  assert.deepEqual(
    contributes.semanticTokenScopes.map((s: { language: string }) => s.language),
    NASM_LANGUAGES,
  );
  for (const { scopes } of contributes.semanticTokenScopes)
    for (const selector of Object.keys(scopes)) {
      const [type, modifier] = selector.split('.');
      assert.ok((TOKEN_TYPES as readonly string[]).includes(type), selector);
      assert.ok(modifier === undefined || (TOKEN_MODIFIERS as readonly string[]).includes(modifier), selector);
    }
});

test('a snippet for every technique', () => {
  const snippets: { body: { request: string; technique?: string } }[] = contributes.debuggers[0].configurationSnippets;
  assert.deepEqual(
    snippets.filter((s) => s.body.request === 'launch').map((s) => s.body.technique),
    TECHNIQUES.map((t) => t.id),
  );
});

test('launch.json has the attributes of the configuration', () => {
  const run = spawnSync(process.execPath, ['scripts/generateManifest.mjs', '--check'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

test('the walkthrough: every lab, its text and its button', () => {
  const [walkthrough] = contributes.walkthroughs;
  assert.deepEqual(
    walkthrough.steps.map((s: { id: string }) => s.id),
    LABS.map((lab) => lab.id),
  );
  for (const { id, description, media } of walkthrough.steps) {
    const [, query] = new RegExp(`command:${COMMANDS.openLab.replace('.', '\\.')}\\?([^)]+)\\)`).exec(localized(description)) ?? [];
    assert.deepEqual(JSON.parse(decodeURIComponent(query ?? 'null')), [id]);
    assert.ok(fs.existsSync(localized(media.markdown)), id);
  }
});

test('files that the manifest names are there', () => {
  const named = [
    manifest.icon,
    ...contributes.grammars.map((g: { path: string }) => g.path),
    ...contributes.snippets.map((s: { path: string }) => s.path),
    ...contributes.languages.flatMap((l: { configuration?: string }) => l.configuration ?? []),
  ];
  for (const file of named) assert.ok(fs.existsSync(file), file);
});
