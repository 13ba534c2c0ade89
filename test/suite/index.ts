/** Runs the in-host suite with mocha and writes its result: the exit code of an extension host proves nothing. */
import fs from 'node:fs';
import Mocha from 'mocha';

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000, color: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./activation.test');
  await import('./session.test');
  await import('./unsourced.test');
  await import('./problems.test');
  await import('./editor.test');
  await import('./providers.test');
  await import('./labs.test');
  await import('./comparison.test');
  const failures: { title: string; error: string }[] = [];
  let passes = 0;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', () => passes++);
    runner.on('fail', (test, error) => failures.push({ title: test.fullTitle(), error: error.stack ?? String(error) }));
  });
  const { VSCODE_TEST_RESULT } = process.env;
  if (VSCODE_TEST_RESULT) fs.writeFileSync(VSCODE_TEST_RESULT, JSON.stringify({ passes, failures }));
  if (failures.length > 0) throw new Error(`${failures.length} failed`);
}
