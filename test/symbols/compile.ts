/** Compiles small kernels for tests, where there is a compiler. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type Compiler = 'gcc' | 'clang';

export const CKERNEL = path.resolve('examples/ckernel');

const runs = (command: string, args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** Whether this compiler makes code for the 386 here. */
export const canCompile = (compiler: Compiler): boolean => runs(compiler, ['-m32', '-ffreestanding', '-c', '-x', 'c', '/dev/null', '-o', '/dev/null']);

const FLAGS = ['-m32', '-ffreestanding', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fcf-protection=none', '-mno-sse'];

/** Compile and link sources with the script `link.ld` beside the first one. Returns the path of the program, in a folder that goes with the process. */
export function compile(compiler: Compiler, sources: readonly string[], flags: readonly string[]): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-compile-'));
  process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
  const run = (command: string, args: readonly string[]): void => {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stderr}`);
  };
  const objects = sources.map((source) => {
    const object = path.join(directory, `${path.basename(source)}.o`);
    if (source.endsWith('.asm')) run('nasm', ['-g', '-F', 'dwarf', '-f', 'elf32', source, '-o', object]);
    else run(source.endsWith('.S') ? 'gcc' : compiler, [...FLAGS, ...flags, '-c', source, '-o', object]);
    return object;
  });
  const program = path.join(directory, 'program.elf');
  run('ld', ['-m', 'elf_i386', '-z', 'noexecstack', '-T', path.join(path.dirname(sources[0]), 'link.ld'), '-o', program, ...objects]);
  return program;
}
