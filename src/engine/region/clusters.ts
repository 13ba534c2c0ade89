/**
 * Accesses of a block that lie near each other: counted from the same value of a register, of a sum, or from nothing. A cluster of them
 * is asked for once, where the first one stands: whether its bytes lie in one page that all of its accesses may reach. The others need not
 * ask again, since neither pages nor permissions change while a region runs.
 */
import { type Expr, type Statement, typeOf } from '../../ir/microOp';
import type { RegionInstruction } from './region';

/** From the first byte of a cluster to behind its last: the longer, the more seldom it lies in one page. */
export const LONGEST_CLUSTER = 256;
/** Characters of a name of a sum: what is counted from one that is longer is not worth the search. */
const LONGEST_NAME = 60;

/** Bytes that several accesses reach. */
export interface Cluster {
  /** Bytes. */
  readonly span: number;
  readonly reads: boolean;
  readonly writes: boolean;
  /** Its number in the block. */
  readonly number: number;
}

/** An access in a cluster, `at` bytes behind the first one of it. `leads`: it comes first. */
export interface ClusterAccess {
  readonly cluster: Cluster;
  readonly at: number;
  readonly leads: boolean;
}

export type Clusters = ReadonlyMap<Statement, ClusterAccess>;

export const NO_CLUSTERS: Clusters = new Map();

/** A value by what it is counted from; `from` is empty for a constant. */
interface Sum {
  readonly from: string;
  readonly offset: number;
}

interface Found {
  readonly statement: Statement;
  readonly offset: number;
  readonly size: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** Of a block's instructions; `isFlat`: do offsets in the segment mean linear addresses? */
export function clustersOf(instructions: readonly RegionInstruction[], isFlat: (segment: number) => boolean): Clusters {
  const search = new Search(isFlat);
  for (const instruction of instructions) search.instruction(instruction);
  return search.clusters();
}

class Search {
  /** What each register holds. */
  readonly #registers: Sum[] = [];
  #temps = new Map<number, Sum>();
  /** By what they are counted from, in order. */
  readonly #found = new Map<string, Found[]>();
  #values = 0;

  constructor(readonly isFlat: (segment: number) => boolean) {
    for (let n = 0; n < 8; n++) this.#registers.push(this.#unknown());
  }

  #unknown(): Sum {
    return { from: `v${this.#values++}`, offset: 0 };
  }

  instruction({ statements, noted }: RegionInstruction): void {
    this.#temps = new Map();
    const updates = statements.some((s) => s.k === 'load' && s.update);
    for (const s of statements) this.#statement(s, noted, updates);
  }

  /** `updates`: its store goes where its load has been. */
  #statement(s: Statement, noted: boolean, updates: boolean): void {
    switch (s.k) {
      case 'let':
        if (typeOf(s.value) === 'i32') this.#temps.set(s.id, this.#sum(s.value) ?? this.#unknown());
        break;
      case 'load':
        if (!noted) this.#access(s, true, s.update);
        this.#temps.set(s.id, this.#unknown());
        break;
      case 'loadVector':
        if (!noted) this.#access(s, true, false);
        break;
      case 'store':
      case 'storeVector':
        if (!noted && !updates) this.#access(s, false, true);
        break;
      case 'setRegister':
        this.#set(s);
        break;
      case 'call':
      case 'place':
        this.#temps.set(s.id, this.#unknown());
        break;
      case 'attempt':
        for (const inner of s.ordinary) this.#statement(inner, noted, updates);
        break;
      case 'if':
        for (const inner of [...s.then, ...s.else]) this.#perhaps(inner);
        break;
      default:
    }
  }

  /** It may not happen: whatever it changes may be anything. */
  #perhaps(s: Statement): void {
    if (s.k === 'setRegister') this.#registers[wholeOf(s)] = this.#unknown();
    else if (s.k === 'let' || s.k === 'load' || s.k === 'call' || s.k === 'place') this.#temps.set(s.id, this.#unknown());
    else if (s.k === 'if') for (const inner of [...s.then, ...s.else]) this.#perhaps(inner);
    else if (s.k === 'attempt') for (const inner of s.ordinary) this.#perhaps(inner);
  }

  #set(s: Extract<Statement, { k: 'setRegister' }>): void {
    this.#registers[wholeOf(s)] = (s.size === 4 ? this.#sum(s.value) : undefined) ?? this.#unknown();
  }

  #sum(e: Expr): Sum | undefined {
    switch (e.k) {
      case 'const':
        return { from: '', offset: e.value };
      case 'temp':
        return typeOf(e) === 'i32' ? this.#temps.get(e.id) : undefined;
      case 'register':
        return e.size === 4 ? this.#registers[e.ref as number] : undefined;
      case 'binary':
        return this.#binary(e);
      default:
        return undefined;
    }
  }

  #binary({ op, x, y }: Extract<Expr, { k: 'binary' }>): Sum | undefined {
    if (op !== 'add' && op !== 'sub' && op !== 'shl') return undefined;
    const [a, b] = [this.#sum(x), this.#sum(y)];
    if (!a || !b) return undefined;
    if (op === 'add') return named(a.from === '' || b.from === '' ? a.from + b.from : `(${[a.from, b.from].sort().join('+')})`, a.offset + b.offset);
    if (b.from !== '') return undefined;
    if (op === 'sub') return named(a.from, a.offset - b.offset);
    return named(a.from === '' ? '' : `(${a.from}<<${b.offset & 31})`, a.offset << (b.offset & 31));
  }

  #access(s: Extract<Statement, { k: 'load' | 'store' | 'loadVector' | 'storeVector' }>, reads: boolean, writes: boolean): void {
    const sum = this.isFlat(s.segment as number) ? this.#sum(s.offset) : undefined;
    if (!sum) return;
    const list = this.#found.get(sum.from) ?? [];
    this.#found.set(sum.from, list);
    list.push({ statement: s, offset: sum.offset, size: s.size, reads, writes });
  }

  clusters(): Clusters {
    const clusters = new Map<Statement, ClusterAccess>();
    let number = 0;
    for (const list of this.#found.values())
      for (const near of together(list)) {
        if (near.length < 2) continue;
        const low = Math.min(...near.map(({ offset }) => offset));
        const cluster: Cluster = {
          span: Math.max(...near.map(({ offset, size }) => offset + size)) - low,
          reads: near.some(({ reads }) => reads),
          writes: near.some(({ writes }) => writes),
          number: number++,
        };
        const leader = list.find((one) => near.includes(one));
        for (const one of near) clusters.set(one.statement, { cluster, at: one.offset - low, leads: one === leader });
      }
    return clusters;
  }
}

const wholeOf = ({ ref, size }: Extract<Statement, { k: 'setRegister' }>): number => (size === 1 ? (ref as number) & 3 : (ref as number));

const named = (from: string, offset: number): Sum | undefined => (from.length > LONGEST_NAME ? undefined : { from, offset: offset | 0 });

/** Those that one cluster has room for, from the lowest on. */
function together(list: readonly Found[]): Found[][] {
  const groups: Found[][] = [];
  let low = 0;
  for (const one of [...list].sort((a, b) => a.offset - b.offset)) {
    const last = groups.at(-1);
    if (last && one.offset + one.size - low <= LONGEST_CLUSTER) last.push(one);
    else {
      groups.push([one]);
      low = one.offset;
    }
  }
  return groups;
}
