#!/usr/bin/env node
/**
 * Put what package.json shares with the code into it: the schema of launch.json, from the table of launch attributes; its
 * texts go to package.nls.json. `--check` writes nothing and fails when a file is out of date.
 */
import fs from 'node:fs';
import path from 'node:path';
import { importBundled, root } from './grammar/tables.mjs';
import { localizeSchema } from './localize.mjs';

const { attachSchema, launchSchema } = await importBundled("export { attachSchema, launchSchema } from './src/machine/configuration';");
const launch = localizeSchema(launchSchema(), 'launch');
const attach = localizeSchema(attachSchema(), 'attach');

const read = (name) => JSON.parse(fs.readFileSync(path.join(root, name), 'utf8'));
const manifest = read('package.json');
manifest.contributes.debuggers[0].configurationAttributes = { launch: launch.schema, attach: attach.schema };
const others = Object.entries(read('package.nls.json')).filter(([key]) => !/^(launch|attach)\./.test(key));

/** Name → content. */
const outputs = { 'package.json': manifest, 'package.nls.json': { ...Object.fromEntries(others), ...launch.strings, ...attach.strings } };

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, content] of Object.entries(outputs)) {
  const file = path.join(root, name);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (fs.readFileSync(file, 'utf8') === text) continue;
  stale++;
  if (check) console.error(`${name} is out of date: run node scripts/generateManifest.mjs`);
  else fs.writeFileSync(file, text);
}
process.exit(check && stale > 0 ? 1 : 0);
