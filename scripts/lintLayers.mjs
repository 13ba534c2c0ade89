#!/usr/bin/env node
// Check every import under src/ (type imports too) against the layers. `node scripts/lintLayers.mjs [DIR]`.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from './bootstrap.mjs';
import { objection } from './layers.mjs';

/** Every violation under `src`, and how many modules and imports were looked at. */
export function checkLayers(src) {
  const files = fs
    .readdirSync(src, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.tsx?$/.test(file))
    .sort();
  const violations = [];
  let imports = 0;
  for (const file of files) {
    const text = fs.readFileSync(path.join(src, file), 'utf8');
    const module = file.replace(/(\.d)?\.tsx?$/, '');
    for (const { fileName, pos } of ts.preProcessFile(text, true, true).importedFiles) {
      imports++;
      const why = objection(module, fileName);
      if (why) violations.push({ file, line: text.slice(0, pos).split('\n').length, specifier: fileName, why });
    }
  }
  return { modules: files.length, imports, violations };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const src = path.resolve(process.argv[2] ?? path.join(root, 'src'));
  const { modules, imports, violations } = checkLayers(src);
  for (const v of violations) console.error(`${path.relative(process.cwd(), path.join(src, v.file))}:${v.line}: imports '${v.specifier}': ${v.why}`);
  console.log(`layers: ${modules} modules, ${imports} imports, ${violations.length} violations`);
  if (modules === 0 || imports === 0) console.error('layers: saw no modules: the check itself is broken');
  process.exit(violations.length > 0 || modules === 0 || imports === 0 ? 1 : 0);
}
