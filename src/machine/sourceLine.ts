/** Where in its source an instruction is, as `boot.asm:12`. */
import type { Assembly } from '../asm/assembly';

export function sourceLine(assembly: Assembly | undefined, linear: number): string | undefined {
  const entry = assembly?.lines.find(({ code, address, length }) => code && address <= linear && linear < address + length);
  return entry && `${entry.path.split(/[\\/]/).pop()}:${entry.line}`;
}
