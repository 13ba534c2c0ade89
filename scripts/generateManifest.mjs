#!/usr/bin/env node
/**
 * Put what package.json shares with the code into it: the schema of launch.json, from the table of launch attributes.
 * `--check` writes nothing and fails when the manifest is out of date.
 */
import fs from 'node:fs';
import path from 'node:path';
import { importBundled, root } from './grammar/tables.mjs';

const { launchSchema } = await importBundled("export { launchSchema } from './src/machine/configuration';");
const file = path.join(root, 'package.json');
const before = fs.readFileSync(file, 'utf8');
const manifest = JSON.parse(before);
manifest.contributes.debuggers[0].configurationAttributes = { launch: launchSchema() };
const after = `${JSON.stringify(manifest, null, 2)}\n`;
if (after === before) process.exit(0);
if (process.argv.includes('--check')) {
  console.error('package.json is out of date: run node scripts/generateManifest.mjs');
  process.exit(1);
}
fs.writeFileSync(file, after);
