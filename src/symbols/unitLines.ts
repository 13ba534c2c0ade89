/** The source lines of a unit: its line table, of which only code counts that the program has, by address and by file. */
import { type LineTable, ROW } from './dwarf/lineProgram';
import type { AddressRange } from './dwarf/ranges';

/** A row and the bytes that it describes. Addresses are those of the file. */
export interface LineRun {
  readonly path: string;
  readonly line: number;
  readonly address: number;
  /** 0 when another row takes its place at once: a breakpoint may still mean it. */
  readonly length: number;
  readonly isStatement: boolean;
  readonly prologueEnd: boolean;
}

export class UnitLines {
  /** Rows that say something about code, in the order of the table. */
  readonly #kept: Uint32Array;
  /** Those with bytes, by address. */
  readonly #sorted: Uint32Array;

  /** `paths`: where the table's files are. `isCode`: whether the program has code at an address; sequences that the linker dropped lie outside of it. */
  constructor(
    readonly table: LineTable,
    readonly paths: readonly string[],
    isCode: (address: number) => boolean,
  ) {
    const { rows } = table;
    const kept = new Uint32Array(rows.length);
    let count = 0;
    let inside = false;
    for (let i = 0; i < rows.length; i++) {
      if (i === 0 || rows.flags[i - 1] & ROW.endSequence) inside = isCode(rows.address[i]);
      if (inside && !(rows.flags[i] & ROW.endSequence) && rows.line[i] > 0 && rows.file[i] < paths.length) kept[count++] = i;
    }
    this.#kept = kept.slice(0, count);
    this.#sorted = inOrder(
      this.#kept.filter((i) => this.#length(i) > 0),
      rows.address,
    ); // prettier-ignore
  }

  /** The one whose bytes hold `address`. */
  at(address: number): LineRun | undefined {
    const { rows } = this.table;
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows.address[this.#sorted[middle]] <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const row = this.#sorted[low - 1];
    return address < rows.address[row] + this.#length(row) ? this.#run(row) : undefined;
  }

  *all(): Generator<LineRun> {
    for (const row of this.#kept) yield this.#run(row);
  }

  /** Those of a source file. */
  *of(path: string): Generator<LineRun> {
    const { rows } = this.table;
    for (const row of this.#kept) if (this.paths[rows.file[row]] === path) yield this.#run(row);
  }

  /** What code there are lines for. */
  get ranges(): AddressRange[] {
    const { rows } = this.table;
    const ranges: { low: number; high: number }[] = [];
    for (const row of this.#sorted) {
      const [low, high] = [rows.address[row], rows.address[row] + this.#length(row)];
      const last = ranges[ranges.length - 1];
      if (last && low <= last.high) last.high = Math.max(last.high, high);
      else ranges.push({ low, high });
    }
    return ranges;
  }

  #length(row: number): number {
    const { address, length } = this.table.rows;
    return row + 1 < length ? Math.max(0, address[row + 1] - address[row]) : 0;
  }

  #run(row: number): LineRun {
    const { address, line, file, flags } = this.table.rows;
    return {
      path: this.paths[file[row]],
      line: line[row],
      address: address[row],
      length: this.#length(row),
      isStatement: (flags[row] & ROW.statement) !== 0,
      prologueEnd: (flags[row] & ROW.prologueEnd) !== 0,
    };
  }
}

/** `rows` by address; those of most tables are already. */
function inOrder(rows: Uint32Array, address: Uint32Array): Uint32Array {
  const sorted = rows.every((row, i) => i === 0 || address[rows[i - 1]] <= address[row]);
  return sorted ? rows : rows.sort((a, b) => address[a] - address[b] || a - b);
}
