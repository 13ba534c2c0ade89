/** `ringside asm`: assemble NASM-syntax source to a flat binary or an object file, with a listing if asked. */
import { type Diagnostic, OUTPUT_FORMATS, type OutputFormat } from '../asm/assembly';
import { UserError } from '../base/userError';
import type { Arguments, CliEnvironment, Command } from './command';
import { exitCode } from './exitCodes';
import { listing } from './listing';

/** As compilers print it, so that editors find the place. */
export const diagnosticText = ({ path, line, column, severity, message }: Diagnostic): string => `${path}:${line}:${column}: ${severity}: ${message}`;

const isFormat = (text: string): text is OutputFormat => (OUTPUT_FORMATS as readonly string[]).includes(text);

export const asm: Command = {
  name: 'asm',
  summary: 'Assemble NASM-syntax source to a flat binary or an ELF object file',
  operand: 'FILE',
  options: [
    { name: 'output', short: 'o', value: 'OUT', help: 'where the binary goes (FILE with the ending .bin or .o by default)' },
    { name: 'format', short: 'f', value: 'FORMAT', help: `what it is: ${OUTPUT_FORMATS.join(', ')} (bin by default; link elf32 with ld -m elf_i386)` },
    { name: 'debug', short: 'g', help: 'put line numbers into an object file, as DWARF' },
    { name: 'listing', short: 'l', value: 'LISTING', help: 'write a listing: address, bytes and source of every line' },
    { name: 'define', short: 'D', value: 'NAME=VALUE', multiple: true, help: 'define a macro before the first line' },
  ],
  async run(args: Arguments, { assemble, readFile, writeFile, stderr }: CliEnvironment): Promise<number> {
    const format = args.text('format') ?? 'bin';
    if (!isFormat(format)) throw new UserError('asm.format', `--format ${format}: expected ${OUTPUT_FORMATS.join(' or ')}`);
    const assembly = assemble(args.operand, args.definitions('define') ?? {}, { format, debug: args.has('debug') });
    for (const diagnostic of assembly.diagnostics) stderr(`${diagnosticText(diagnostic)}\n`);
    const listingPath = args.text('listing');
    if (listingPath !== undefined) writeFile(listingPath, listing(new TextDecoder().decode(readFile(args.operand)), args.operand, assembly));
    if (assembly.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return exitCode('badInput');
    writeFile(args.text('output') ?? `${args.operand.replace(/\.\w+$/, '')}.${format === 'bin' ? 'bin' : 'o'}`, assembly.bytes);
    return exitCode('ok');
  },
};
