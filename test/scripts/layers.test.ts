import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const script = path.resolve('scripts/lintLayers.mjs');

/** Run the check on a tree of files given as path → text. */
function lint(t: { after(f: () => void): void }, files: Record<string, string>): { status: number | null; output: string } {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-layers-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), text);
  }
  const run = spawnSync(process.execPath, [script, dir], { encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

const HARMLESS = { 'base/a.ts': 'export const a = 1;', 'x86/b.ts': "import { a } from '../base/a';\nexport const b = a;" };

test('imports that follow the order pass, and are counted', (t) => {
  const { status, output } = lint(t, HARMLESS);
  assert.equal(status, 0, output);
  assert.match(output, /2 modules, 1 imports, 0 violations/);
});

test('a check that sees no imports fails', (t) => {
  assert.equal(lint(t, {}).status, 1);
});

const PLANTED: [name: string, file: string, text: string, complaint: RegExp][] = [
  ['an upward import', 'x86/c.ts', "import { run } from '../engine/run';", /x86 comes before engine/],
  ['an upward type import', 'engine/c.ts', "import type { Vcpu } from '../vmm/vcpu';", /engine comes before vmm/],
  ['an upward re-export', 'base/c.ts', "export * from '../dap/session';", /base comes before dap/],
  ['an upward dynamic import', 'debug/c.ts', "export const load = () => import('../cli/cli');", /debug comes before cli/],
  ['strangers', 'memory/c.ts', "import { block } from '../ir/block';", /ignore one another/],
  ['cli reaching into dap', 'cli/c.ts', "import { session } from '../dap/session';", /ignore one another/],
  ['a view holding a machine', 'ui/c.ts', "import { vm } from '../machine/machine';", /ui imports only from base and protocol/],
  ['a webview importing ui', 'webview/c.ts', "import { host } from '../ui/host';", /webview imports only from/],
  ['vscode below ui', 'dap/c.ts', "import * as vscode from 'vscode';", /import vscode/],
  ['Node below the entry points', 'machine/c.ts', "import fs from 'node:fs';", /import Node modules/],
  ['Node without its prefix', 'asm/c.ts', "import fs from 'fs';", /import Node modules/],
  ['a concrete device in vmm', 'vmm/c.ts', "import { Pic } from '../devices/pic';", /vmm sees only devices\/bus/],
  ['an upward import of an index', 'ir/c.ts', "import { lifts } from '../semantics';", /ir comes before semantics/],
  ['a folder nobody has ordered', 'misc/c.ts', "import { a } from '../base/a';", /src\/misc is not in the order/],
  ['an entry point as a library', 'cli/c.ts', "import { main } from '../main';", /never imports an entry point/],
];

test('planted violations are all found, each at its line', (t) => {
  const planted = Object.fromEntries(PLANTED.map(([, file, text], i) => [file.replace('/c.ts', `/c${i}.ts`), `// first line\n${text}\n`]));
  const { status, output } = lint(t, { ...HARMLESS, ...planted });
  assert.equal(status, 1, output);
  assert.match(output, new RegExp(`${PLANTED.length} violations`));
  PLANTED.forEach(([name, file, , complaint], i) => {
    const line = output.split('\n').find((l) => l.includes(`${file.replace('/c.ts', `/c${i}.ts`)}:2: `));
    assert.ok(line, `${name} was not found`);
    assert.match(line, complaint, name);
  });
});

test('what the rules allow on purpose', (t) => {
  const { status, output } = lint(t, {
    ...HARMLESS,
    'vmm/c.ts': "import type { BusDevice } from '../devices/contract';",
    'x86/p.ts': "import type { TechniqueId } from '../protocol/techniques';",
    'ui/c.ts': "import * as vscode from 'vscode';\nimport path from 'node:path';",
    'engine/c.ts': "import { lifts } from '../semantics';",
    'extension.ts': "import * as vscode from 'vscode';\nimport { c } from './ui/c';\nimport { m } from './machine/m';",
    'main.ts': "import fs from 'node:fs';\nimport { cli } from './cli/cli';",
  });
  assert.equal(status, 0, output);
});
