/** Guests to Multiboot ELF files; those in C to native programs too. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const SOURCES = path.resolve(import.meta.dirname, '../guests');
const DETERMINISTIC = '-O2 -fno-builtin -fno-math-errno -fno-stack-protector -fcf-protection=none'.split(' ');
const FREESTANDING = [...DETERMINISTIC, ...'-m32 -ffreestanding -fno-pic -fno-pie -fno-asynchronous-unwind-tables'.split(' ')];

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}\n${result.stderr}`);
}

export class Builder {
  /** Why guests in C cannot be built, or undefined. */
  missing;
  /** How native programs are built: as 32-bit code where the host runs that. */
  native = { flags: ['-m32', ...DETERMINISTIC], note: '' };
  #cli;
  #directory;

  constructor(cli, directory) {
    this.#cli = cli;
    this.#directory = directory;
    if (spawnSync('gcc', ['--version']).error) this.missing = 'gcc is not installed';
    else if (!this.#runs32()) this.native = { flags: DETERMINISTIC, note: 'this host builds or runs no 32-bit programs: native is the same source as 64-bit code' };
  }

  #runs32() {
    const [source, program] = [this.#out('probe.c'), this.#out('probe')];
    fs.writeFileSync(source, 'int main(void) { return 32; }\n');
    return spawnSync('gcc', ['-m32', '-o', program, source]).status === 0 && spawnSync(program).status === 32;
  }

  #out(name) {
    return path.join(this.#directory, name);
  }

  #kernel(guest, definition) {
    const file = this.#out(`${guest.name}.elf`);
    run(process.execPath, [this.#cli, 'asm', path.join(SOURCES, 'kernel.asm'), '--define', definition, '-o', file]);
    return file;
  }

  /** The files of a guest: { elf, native? }. */
  build(guest) {
    const source = path.join(SOURCES, guest.source);
    if (!guest.flags) return { elf: this.#kernel(guest, `GUEST="${source}"`) };
    const blob = this.#out(`${guest.name}.blob`);
    run('gcc', [...FREESTANDING, ...guest.flags, '-nostdlib', '-static', `-Wl,-T,${path.join(SOURCES, 'blob.ld')}`, '-Wl,--build-id=none', '-o', blob, source]);
    const native = this.#out(`${guest.name}.native`);
    run('gcc', [...this.native.flags, ...guest.flags.slice(this.native.flags.includes('-m32') ? 0 : 1), '-DNATIVE', '-o', native, source, path.join(SOURCES, 'native.c')]);
    return { elf: this.#kernel(guest, `BLOB="${blob}"`), native };
  }
}
