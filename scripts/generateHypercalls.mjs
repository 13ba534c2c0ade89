#!/usr/bin/env node
/** Write the include files and the page of the hypercall interface from its table. `--check` writes nothing and fails when one is out of date. */
import fs from 'node:fs';
import path from 'node:path';
import { importBundled, root } from './grammar/tables.mjs';

const { INTERFACE_FILES } = await importBundled("export { INTERFACE_FILES } from './src/vmm/hypercalls/interfaceFiles';");
let stale = false;
for (const [name, write] of Object.entries(INTERFACE_FILES)) {
  const file = path.join(root, name);
  const text = write();
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) continue;
  stale = true;
  if (!process.argv.includes('--check')) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  } else console.error(`${name} is out of date: run node scripts/generateHypercalls.mjs`);
}
if (stale && process.argv.includes('--check')) process.exit(1);
