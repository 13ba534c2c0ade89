/** Rows of disassembly around an address, before it as well as after, never fewer than asked. */
import type { DebuggableVm } from '../vmm/debuggable';
import { codeBits } from './codeView';
import type { SourceMap } from './sourceMap';

export interface DisassemblyRow {
  /** May lie outside 0..FFFFFFFFh for a row that only fills up; rows ascend. */
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly valid: boolean;
}

const TOP = 0x1_0000_0000;
/** Instructions decoded from a guessed start fall into step with the real ones after a few. */
const RUN_UP = 48;

const filler = (address: number): DisassemblyRow => ({ address, bytes: new Uint8Array(), text: '', valid: false });

/** `count` rows, the first one `skip` instructions from the one at `linear` (negative: before it). */
export function disassembleAround(vm: DebuggableVm, sourceMap: SourceMap, linear: number, skip: number, count: number): DisassemblyRow[] {
  const before = skip < 0 ? rowsBefore(vm, sourceMap, linear, -skip) : [];
  const after = rowsFrom(vm, sourceMap, linear, Math.max(0, skip + count));
  return [...before, ...after].slice(Math.max(0, skip), Math.max(0, skip) + count);
}

function rowsFrom(vm: DebuggableVm, sourceMap: SourceMap, linear: number, count: number): DisassemblyRow[] {
  const rows: DisassemblyRow[] = [];
  let address = linear;
  while (rows.length < count && address < TOP) {
    // Code size may change from one line to the next ([bits 32]); without source, CS decides.
    const bits = sourceMap.at(address)?.bits;
    const batch = vm.disassemble(address, bits === undefined ? count - rows.length : 1, bits);
    if (batch.length === 0) break;
    for (const row of batch) {
      if (bits === undefined && rows.length > 0 && sourceMap.at(row.linear)?.bits !== undefined) break;
      rows.push({ address: row.linear, bytes: row.bytes, text: row.text, valid: row.valid });
      address = row.linear + Math.max(1, row.length);
      if (address >= TOP) break;
    }
  }
  while (rows.length < count) rows.push(filler(address++));
  return rows;
}

function rowsBefore(vm: DebuggableVm, sourceMap: SourceMap, linear: number, count: number): DisassemblyRow[] {
  const rows: DisassemblyRow[] = [];
  for (let at = linear; rows.length < count; ) {
    const known = knownStarts(vm, sourceMap, at, count - rows.length);
    const starts = known.length > 0 ? known : guessedStarts(vm, at, count - rows.length);
    if (starts.length === 0) break;
    for (const start of starts) rows.unshift(rowsFrom(vm, sourceMap, start, 1)[0]);
    at = starts[starts.length - 1];
  }
  for (let address = (rows[0]?.address ?? linear) - 1; rows.length < count; address--) rows.unshift(filler(address));
  return rows;
}

/** Starts of up to `count` instructions before `linear` that adjoin it without a gap and that the source knows, nearest first. */
function knownStarts(vm: DebuggableVm, sourceMap: SourceMap, linear: number, count: number): number[] {
  const starts: number[] = [];
  for (let at = linear; starts.length < count; ) {
    const entry = sourceMap.before(at);
    if (!entry) break;
    const within = entry.exact ? [entry.linear] : startsFrom(vm, entry.linear, at);
    if (within.length === 0) break;
    starts.push(...within);
    at = entry.linear;
  }
  return starts.slice(0, count);
}

/** Starts of the instructions from `first` to just before `end`, the last first; none when they do not end there. */
function startsFrom(vm: DebuggableVm, first: number, end: number): number[] {
  const starts: number[] = [];
  for (let at = first; at < end; ) {
    const [row] = vm.disassemble(at, 1);
    if (!row?.valid || at + row.length > end) return [];
    starts.unshift(at);
    at += row.length;
  }
  return starts;
}

/** Starts of instructions that lead up to `linear`, nearest first: of the possible run-ups, the one with the fewest undecodable rows. */
function guessedStarts(vm: DebuggableVm, linear: number, count: number): number[] {
  const wanted = Math.min(count, RUN_UP);
  const bits = codeBits(vm);
  let best: { starts: number[]; bad: number } | undefined;
  for (let back = Math.min(linear, wanted * 4 + 15), tries = 0; back > 0 && tries < 16; back--, tries++) {
    const rows = vm.disassemble(linear - back, back, bits).filter((row) => row.linear < linear);
    const last = rows[rows.length - 1];
    if (!last || last.linear + Math.max(1, last.length) !== linear) continue;
    const used = rows.slice(-wanted);
    const bad = used.filter((row) => !row.valid).length + (used.length < wanted ? 1 : 0);
    if (!best || bad < best.bad) best = { starts: used.map((row) => row.linear).reverse(), bad };
  }
  return best?.starts ?? (linear > 0 ? [linear - 1] : []);
}
