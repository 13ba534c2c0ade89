/** Where in its source an instruction is, as `boot.asm:12`. */
import type { Assembly } from '../asm/assembly';
import type { SymbolFile } from '../symbols/symbolFile';

export function sourceLine(assembly: Assembly | undefined, symbolFiles: readonly SymbolFile[], linear: number): string | undefined {
  const entry =
    assembly?.lines.find(({ code, address, length }) => code && address <= linear && linear < address + length) ??
    symbolFiles.flatMap(({ lines }) => lines.filter((span) => span.linear <= linear && linear < span.linear + span.length))[0];
  return entry && `${entry.path.split(/[\\/]/).pop()}:${entry.line}`;
}
