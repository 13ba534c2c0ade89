/** `ringside disasm`: a flat binary as instructions. */
import { hex } from '../base/bits';
import { UserError } from '../base/userError';
import type { Arguments, CliEnvironment, Command } from './command';
import { exitCode } from './exitCodes';
import { disassembleFlat } from './flatDisassembly';

export const disasm: Command = {
  name: 'disasm',
  summary: 'Disassemble a flat binary',
  operand: 'FILE',
  options: [
    { name: 'bits', short: 'b', value: '16|32', help: 'code size (16 by default)' },
    { name: 'origin', value: 'ADDRESS', help: 'address of the first byte (0 by default)' },
    { name: 'skip', value: 'N', help: 'start N bytes into the file' },
    { name: 'count', value: 'N', help: 'show at most N instructions' },
  ],
  async run(args: Arguments, { readFile, stdout }: CliEnvironment): Promise<number> {
    const bits = args.text('bits') ?? '16';
    if (bits !== '16' && bits !== '32') throw new UserError('cli.usage', `--bits ${bits}: expected 16 or 32`);
    const skip = args.count('skip') ?? 0;
    let left = args.count('count') ?? Number.POSITIVE_INFINITY;
    for (const { address, bytes, text } of disassembleFlat(readFile(args.operand).subarray(skip), (args.count('origin') ?? 0) + skip, bits === '16' ? 16 : 32)) {
      if (left-- <= 0) break;
      stdout(
        `${hex(address, 8)}  ${[...bytes]
          .map((byte) => hex(byte, 2))
          .join('')
          .padEnd(20)}  ${text}\n`,
      );
    }
    return exitCode('ok');
  },
};
