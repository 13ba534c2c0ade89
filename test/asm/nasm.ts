/** The reference assembler, where it is installed, and ours on text in memory. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { assemble } from '../../src/asm/assemble';
import type { Assembly } from '../../src/asm/assembly';

export const HAS_NASM = spawnSync('nasm', ['-v']).status === 0;
/** For the options of a test: visible in the report. */
export const WITH_NASM = { skip: HAS_NASM ? false : 'nasm is not installed' };

export type Files = Readonly<Record<string, string | Uint8Array>>;

const encoder = new TextEncoder();

export function ours(source: string, files: Files = {}, path = 'test.asm'): Assembly {
  return assemble(source, {
    path,
    readFile: (name) => {
      const content = Object.hasOwn(files, name) ? files[name] : undefined;
      return content === undefined ? undefined : { path: name, bytes: typeof content === 'string' ? encoder.encode(content) : content };
    },
  });
}

export const errorsOf = ({ diagnostics }: Assembly) => diagnostics.filter(({ severity }) => severity === 'error');

export interface Reference {
  readonly bytes: Uint8Array | undefined;
  /** Lines of the main source that nasm rejects. */
  readonly rejected: ReadonlySet<number>;
  readonly output: string;
}

export function reference(source: string, files: Files = {}): Reference {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'asm-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'test.asm': source })) fs.writeFileSync(path.join(directory, name), content);
    const run = spawnSync('nasm', ['-f', 'bin', '-w-all', '-o', 'out.bin', 'test.asm'], { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 28 });
    const output = path.join(directory, 'out.bin');
    const rejected = new Set([...run.stderr.matchAll(/^test\.asm:(\d+): error/gm)].map((match) => Number(match[1])));
    return { bytes: run.status === 0 && fs.existsSync(output) ? new Uint8Array(fs.readFileSync(output)) : undefined, rejected, output: run.stderr };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
