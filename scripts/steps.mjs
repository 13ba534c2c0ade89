// Run the steps of the test command, show what they print, and count what passed and failed.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * Counts from what a test runner printed: node's runner (`# pass 3`), mocha (`3 passing`) or our own last line (`3 passed, 0 failed`).
 * A step that prints none of them, such as the type check, counts as one. A step that ends badly has at least one failure.
 */
export function countResults(output, exitCode) {
  const text = stripVTControlCharacters(output);
  const last = (pattern) => Number([...text.matchAll(pattern)].at(-1)?.[1] ?? 0);
  let passed = last(/^[#ℹ] pass (\d+)$/gm) || last(/^ *(\d+) passing\b/gm) || last(/\b(\d+) passed, \d+ failed$/gm);
  let failed = last(/^[#ℹ] fail (\d+)$/gm) + last(/^[#ℹ] cancelled (\d+)$/gm) || last(/^ *(\d+) failing\b/gm) || last(/\b\d+ passed, (\d+) failed$/gm);
  if (exitCode === 0 && passed === 0 && failed === 0) passed = 1;
  if (exitCode !== 0 && failed === 0) failed = 1;
  return { passed, failed };
}

/** Run `command`, passing its output through. */
export function runStep(name, command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const started = Date.now();
    console.log(`\n== ${name}`);
    let output = '';
    const finish = (exitCode, problem = '') => {
      if (problem) console.error(problem);
      const { passed, failed } = countResults(output, exitCode);
      console.log(`== ${name}: ${failed === 0 ? 'ok' : 'FAILED'} (${passed} passed, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s)`);
      resolve({ name, passed, failed });
    };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      process.stderr.write(chunk);
    });
    child.on('error', (error) => finish(1, `${command}: ${error.message}`));
    child.on('close', (code, signal) => finish(code ?? 1, signal ? `ended by ${signal}` : ''));
  });
}
