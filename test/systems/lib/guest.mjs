/** Runs of the command line, as a system test looks at them. */
import { execFile } from 'node:child_process';

const MINUTES = 60_000;

/** `ringside run` of `program` for at most `instructions`: what it printed, its report. */
export const runGuest = (cli, program, options, instructions) =>
  new Promise((resolve, reject) => {
    const args = [cli, 'run', program, '--technique', 'bare', '--json', '--max-instructions', String(instructions), ...options];
    execFile(process.execPath, args, { timeout: 10 * MINUTES, maxBuffer: 1 << 26, encoding: 'latin1' }, (error, stdout, stderr) => {
      const json = stderr.split('\n').findLast((line) => line.startsWith('{'));
      if (json) resolve({ output: stdout, ...JSON.parse(Buffer.from(json, 'latin1').toString()) });
      else reject(new Error(`ringside run ${program}: ${stderr || error?.message}`));
    });
  });

/** Throws with the screen when `pattern` is not in `text`. */
export const expectText = (what, pattern, text) => {
  if (!pattern.test(text)) throw new Error(`${what}: ${pattern} did not come; there was\n${text}`);
};
