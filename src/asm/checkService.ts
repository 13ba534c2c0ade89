/** Assembles a source for an editor. Files come with the request; those that are missing are named in the answer. */
import { includePlaces } from '../base/includeUrl';
import type { CheckAnswer, CheckedLine, CheckRequest } from '../protocol/sourceCheck';
import { assemble } from './assemble';
import type { Assembly } from './assembly';
import { sourceFormat } from './sourceFormat';

/** Bytes of a line that are shown. */
const SHOWN = 12;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

const checkedLines = ({ lines, bytes }: Assembly, path: string): CheckedLine[] =>
  lines
    .filter((entry) => entry.path === path && entry.length > 0)
    .map(({ line, address, length, offset, code }) => ({ line, address, length, code, bytes: hex(bytes.subarray(offset, offset + Math.min(length, SHOWN))) }));

export function checkSource({ id, path, text, files, roots }: CheckRequest): CheckAnswer {
  const missing = new Set<string>();
  const readFile = (name: string, from: string) => {
    for (const candidate of includePlaces(name, from, roots)) {
      const bytes = files[candidate];
      if (bytes) return { path: candidate, bytes };
      if (bytes === undefined) missing.add(candidate);
    }
    return undefined;
  };
  const assembly = assemble(text, { path, readFile, format: sourceFormat(text) });
  if (missing.size > 0) return { id, path, missing: [...missing], problems: [], lines: [], files: [], size: 0 };
  return { id, path, missing: [], problems: assembly.diagnostics, lines: checkedLines(assembly, path), files: assembly.files, size: assembly.bytes.length };
}
