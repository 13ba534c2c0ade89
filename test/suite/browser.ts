/** Runs the checks in the browser's extension host, where there is no test runner, and writes their result beside this script. */
import * as vscode from 'vscode';
import { CHECKS } from './everyProvider';

export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension('ringside.ringside')!;
  await extension.activate();
  const passed: string[] = [];
  const failed: string[] = [];
  for (const { name, run: check } of CHECKS)
    try {
      await check();
      passed.push(name);
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  const report = new TextEncoder().encode(JSON.stringify({ passed, failed }));
  await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(extension.extensionUri, 'dist', 'suite', 'browser.json'), report);
}
