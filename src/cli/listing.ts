/** A listing: line number, address, bytes and source, in the columns of NASM's own. */
import type { Assembly } from '../asm/assembly';
import { hex } from '../base/bits';

const BYTES_PER_ROW = 8;

/** `source` is the text of `path`; lines of included files are not shown, their bytes belong to the line that includes them. */
export function listing(source: string, path: string, { bytes, lines }: Assembly): string {
  const row = (number: number, address: number | undefined, chunk: Uint8Array, text: string): string =>
    `${String(number).padStart(6)} ${address === undefined ? ' '.repeat(8) : hex(address, 8)} ${[...chunk]
      .map((byte) => hex(byte, 2))
      .join('')
      .padEnd(2 * BYTES_PER_ROW)}  ${text}`.trimEnd();
  const out: string[] = [];
  const sourceLines = source.replace(/\n$/, '').split(/\r?\n/);
  const byLine = new Map<number, (typeof lines)[number][]>();
  for (const entry of lines) if (entry.path === path) byLine.set(entry.line, [...(byLine.get(entry.line) ?? []), entry]);
  sourceLines.forEach((text, i) => {
    const entries = byLine.get(i + 1) ?? [];
    if (entries.length === 0) out.push(row(i + 1, undefined, new Uint8Array(), text));
    entries.forEach((entry, e) => {
      for (let at = 0; at < Math.max(entry.length, 1); at += BYTES_PER_ROW) {
        const chunk = bytes.subarray(entry.offset + at, entry.offset + Math.min(at + BYTES_PER_ROW, entry.length));
        out.push(row(i + 1, (entry.address + at) >>> 0, chunk, e === 0 && at === 0 ? text : ''));
      }
    });
  });
  return `${out.join('\n')}\n`;
}
