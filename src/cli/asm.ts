/** `ringside asm`: assemble NASM-syntax source to a flat binary, with a listing if asked. */
import type { Diagnostic } from '../asm/assembly';
import type { Arguments, CliEnvironment, Command } from './command';
import { exitCode } from './exitCodes';
import { listing } from './listing';

/** As compilers print it, so that editors find the place. */
export const diagnosticText = ({ path, line, column, severity, message }: Diagnostic): string => `${path}:${line}:${column}: ${severity}: ${message}`;

export const asm: Command = {
  name: 'asm',
  summary: 'Assemble NASM-syntax source to a flat binary',
  operand: 'FILE',
  options: [
    { name: 'output', short: 'o', value: 'OUT', help: 'where the binary goes (FILE with the ending .bin by default)' },
    { name: 'listing', short: 'l', value: 'LISTING', help: 'write a listing: address, bytes and source of every line' },
    { name: 'define', short: 'D', value: 'NAME=VALUE', multiple: true, help: 'define a macro before the first line' },
  ],
  async run(args: Arguments, { assemble, readFile, writeFile, stderr }: CliEnvironment): Promise<number> {
    const assembly = assemble(args.operand, args.definitions('define') ?? {});
    for (const diagnostic of assembly.diagnostics) stderr(`${diagnosticText(diagnostic)}\n`);
    const listingPath = args.text('listing');
    if (listingPath !== undefined) writeFile(listingPath, listing(new TextDecoder().decode(readFile(args.operand)), args.operand, assembly));
    if (assembly.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return exitCode('badInput');
    writeFile(args.text('output') ?? `${args.operand.replace(/\.\w+$/, '')}.bin`, assembly.bytes);
    return exitCode('ok');
  },
};
