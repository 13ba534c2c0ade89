/** Where in its source an instruction is, as `boot.asm:12`. */
import type { Assembly } from '../asm/assembly';
import type { LineSpan, SymbolFile } from '../symbols/symbolFile';

export function sourceLine(assembly: Assembly | undefined, symbolFiles: readonly SymbolFile[], linear: number): string | undefined {
  const entry = assembly?.lines.find(({ code, address, length }) => code && address <= linear && linear < address + length) ?? firstLine(symbolFiles, linear);
  return entry && `${entry.path.split(/[\\/]/).pop()}:${entry.line}`;
}

function firstLine(symbolFiles: readonly SymbolFile[], linear: number): LineSpan | undefined {
  for (const file of symbolFiles) {
    const span = file.lineAt(linear);
    if (span) return span;
  }
  return undefined;
}
