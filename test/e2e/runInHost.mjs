#!/usr/bin/env node
/**
 * Run test/suite inside a real extension host. RINGSIDE_VSCODE_DESKTOP=1 lets @vscode/test-electron download and use
 * desktop VS Code; otherwise the server and Chromium stand in for it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleForTests, root, workspace } from './bundle.mjs';

const result = path.join(root, 'dist/suite/result.json');
await bundleForTests();
fs.rmSync(result, { force: true });
try {
  await runTests({
    vscodeExecutablePath: process.env.RINGSIDE_VSCODE_DESKTOP ? undefined : path.join(import.meta.dirname, 'codeShim.mjs'),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(root, 'dist/suite/index.cjs'),
    extensionTestsEnv: { VSCODE_TEST_RESULT: result },
    launchArgs: [workspace, '--disable-extensions'],
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
// An extension host that dies in mid-suite still reports success: only the suite's own word counts.
const report = fs.existsSync(result) ? JSON.parse(fs.readFileSync(result, 'utf8')) : undefined;
if (!report) console.error('The suite wrote no result: the extension host ended before the tests did.');
else console.log(`in-host: ${report.passes} passed, ${report.failures.length} failed`);
for (const failure of report?.failures ?? []) console.error(`\n${failure.title}\n${failure.error}`);
if (!report || report.failures.length > 0 || report.passes === 0) process.exitCode = 1;
