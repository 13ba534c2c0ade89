/**
 * Loads and stores of translated code. One that lies in the window of its kind (memory/accessWindows) goes straight to memory; any other
 * looks its page up in the software TLB, or leaves the region where the window holds most of RAM (FAR). Those on a stack outside, and
 * without a window those whose address comes from a register alone or from a table's place and an index, compare with the page that their
 * base met last, which they keep in locals (TAG, and DELTA from linear to the VM's memory). The TLB does not change while a region runs,
 * so neither windows nor pages need to be asked for again; and of accesses that lie near each other (clusters) only the first one asks,
 * for all of them.
 */
import { foldBinary } from '../../ir/fold';
import { type Expr, type Statement, constant } from '../../ir/microOp';
import type { AccessWindow } from '../../memory/accessWindows';
import { CROSSES_PAGE, DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE, ENTRY_FLAGS, PAGE } from '../../memory/layout';
import { CPU, SEGMENT, SEGMENT_STRIDE, countOffset } from '../../x86/cpuState';
import { EBP, ESP } from '../../x86/registers';
import { type Code, I32, OP } from '../wasm/encoder';
import { orCrossing, pushEntry, pushHost } from '../wasm/tlbLookup';
import { type Cluster, type ClusterAccess, LONGEST_CLUSTER } from './clusters';
import { type Direction, SCATTERED, countComplaint } from './complaints';
import type { LateLocals } from './lateLocals';
import { MAX_PAGES, REGION_LOCAL as L } from './locals';

export interface Assumptions {
  /** Accesses with user privilege. */
  readonly user: boolean;
  /** FLAT as it is now (x86/cpuState): what of it the code relies on is collected in `relied`. */
  readonly flat: number;
  readonly windows: { readonly read: AccessWindow | undefined; readonly write: AccessWindow | undefined };
  /** No other loads, or stores, than those that their window holds, but in blocks that have complained. */
  readonly confined: Readonly<Record<Direction, boolean>>;
  /** The stack is in both windows now, and most likely stays there. */
  readonly stackInWindows: boolean;
  /** The x87 rounds to nearest and to 64 bits, #P masked, now: arithmetic stands in line for that, and nobody enters otherwise. */
  readonly plainX87: boolean;
}

type Definition = (e: Expr) => Expr;

export interface Place {
  readonly segment: number;
  readonly offset: Expr;
  readonly size: 1 | 2 | 4 | 8 | 16;
  readonly write: boolean;
  /** Leaves at an address that is no multiple of the size; no other crosses its page. */
  readonly aligned?: boolean;
  readonly near?: ClusterAccess | undefined;
}

/** Where a cluster may be without being looked up. */
interface Reach {
  /** Linear address of its first byte, and where that is in the VM's memory. */
  readonly low: number;
  readonly host: number;
  readonly windows: readonly AccessWindow[];
  /** How many of the addresses from `low` on a cluster may begin at. */
  readonly local: number;
}

/** What an access does: bits. */
const READ = 1;
const WRITE = 2;

const denied = (kinds: number, user: boolean): number =>
  (kinds & READ ? (user ? DENY_USER_READ : DENY_SUPERVISOR_READ) : 0) | (kinds & WRITE ? (user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE) : 0);

const kindsOf = ({ reads, writes }: Cluster): number => (reads ? READ : 0) | (writes ? WRITE : 0);

export class MemoryAccess {
  /** Bits of FLAT the code relies on. */
  relied = 0;
  /** Level of the block behind which the region is left. */
  exit = 0;
  /** Levels of the blocks behind which it is left by accesses outside the window that they are confined to. */
  far: Readonly<Partial<Record<Direction, number>>> = {};
  /** Base and kinds of access → which of the remembered pages is theirs. */
  readonly #pages = new Map<string, number>();
  /** By kinds of access. */
  readonly #reaches = new Map<number, Reach>();
  /** Locals for places of clusters in the VM's memory, by their numbers. */
  readonly #clusters: number[] = [];

  constructor(
    readonly code: Code,
    readonly value: (e: Expr) => void,
    readonly assumptions: Assumptions,
    readonly storePlace: number,
    readonly locals: LateLocals,
  ) {}

  /** The instruction stores to marked pages time and again: its stores ask storePlace. */
  noted = false;

  /** Remembered pages in use. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Those of the windows for loads and for stores that the code asks. */
  readonly windows: [read: AccessWindow | undefined, write: AccessWindow | undefined] = [undefined, undefined];

  /** Where an access goes in the VM's memory, into PLACE. As `access`. */
  place(place: Place, record: number, definition: Definition): void {
    const { code } = this;
    this.access(place, record, definition, (offset) => void (offset ? code.constant(offset).op(OP.add) : code).set(L.PLACE));
  }

  /**
   * Make an access, or leave for `record`. `access` emits it: an address in the VM's memory is on the stack, still to be counted from
   * `offset`. There may be two ways to it. `definition` says what a temporary is.
   */
  access(place: Place, record: number, definition: Definition, access: (offset: number) => void): void {
    const { code } = this;
    const { write } = place;
    const base = definition(place.offset);
    if (place.near) return this.#inCluster(place, place.near, record, base, access);
    const direction = write ? 'write' : 'read';
    const window = this.assumptions.windows[direction];
    const size = place.aligned ? 1 : place.size;
    code.constant(record).set(L.NEXT);
    if (write && this.noted) {
      this.#linear(place, 0);
      code.get(L.ADDRESS).constant(place.size).constant(record).call(this.storePlace).tee(L.ENTRY).op(OP.eqz).branchIf(this.exit);
      code.get(L.ENTRY);
      access(0);
      return;
    }
    if (!window || (isOnStack(base) && !this.assumptions.stackInWindows)) {
      this.#linear(place, 0);
      this.#place(base, place.segment, size, write ? WRITE : READ);
      access(0);
      return;
    }
    this.windows[write ? 1 : 0] = window;
    this.#linear(place, window.low);
    code
      .get(L.ADDRESS)
      .get(write ? L.WRITABLE : L.READABLE)
      .op(OP.geU);
    const far = this.far[direction];
    if (far !== undefined) {
      code.branchIf(far).get(L.ADDRESS);
      access(window.host);
      return;
    }
    code.open(OP.if);
    if (window.low) code.get(L.ADDRESS).constant(window.low).op(OP.add).set(L.ADDRESS);
    this.#lookUp(size, write ? WRITE : READ);
    access(0);
    code.else();
    code.get(L.ADDRESS);
    access(window.host);
    code.close();
  }

  /** The linear address, less `low` (of a page), into ADDRESS. */
  #linear({ segment, offset, size, write, aligned }: Place, low: number): void {
    const { code } = this;
    if (this.assumptions.flat & (1 << segment)) {
      this.relied |= 1 << segment;
      this.value(low ? foldBinary('add', offset, constant(-low)) : offset);
      code.set(L.ADDRESS);
    } else {
      this.value(offset);
      this.#checkSegment(segment, size, write);
      if (low) code.get(L.ADDRESS).constant(low).op(OP.sub).set(L.ADDRESS);
    }
    if (aligned)
      code
        .get(L.ADDRESS)
        .constant(size - 1)
        .op(OP.and)
        .branchIf(this.exit);
  }

  /** As `access`, in a cluster: where that is, is in a local. */
  #inCluster(place: Place, near: ClusterAccess, record: number, base: Expr, access: (offset: number) => void): void {
    const { code } = this;
    const { cluster, at, leads } = near;
    const local = this.#clusterLocal(cluster);
    this.relied |= 1 << place.segment;
    if (leads || place.aligned) code.constant(record).set(L.NEXT);
    if (leads) this.#findCluster(place, near, base, local);
    if (place.aligned)
      code
        .get(local)
        .constant(at)
        .op(OP.add)
        .constant(place.size - 1)
        .op(OP.and)
        .branchIf(this.exit);
    code.get(local);
    access(at);
  }

  #clusterLocal({ number }: Cluster): number {
    while (this.#clusters.length <= number) this.#clusters.push(this.locals.add(I32, `near${this.#clusters.length}`));
    return this.#clusters[number];
  }

  /** Where a cluster is in the VM's memory, into `local`; leaves when it does not lie in one page that all of its accesses may reach. */
  #findCluster({ segment, offset }: Place, { cluster, at }: ClusterAccess, base: Expr, local: number): void {
    const { code } = this;
    const kinds = kindsOf(cluster);
    const reach = this.#reachOf(kinds, base);
    const low = reach?.low ?? 0;
    this.value(foldBinary('add', offset, constant(-at - low)));
    code.set(L.ADDRESS);
    if (!reach) {
      this.#place(base, segment, cluster.span, kinds, true);
      code.set(local);
      return;
    }
    code.get(L.ADDRESS).constant(reach.host).op(OP.add).set(local);
    code.get(L.ADDRESS).get(reach.local).op(OP.geU);
    const { read, write } = this.far;
    const far = kinds === READ ? read : kinds === WRITE || read !== undefined ? write : undefined;
    if (far !== undefined) return void code.branchIf(far);
    code.open(OP.if);
    if (low) code.get(L.ADDRESS).constant(low).op(OP.add).set(L.ADDRESS);
    this.#lookUp(cluster.span, kinds, true);
    code.set(local).close();
  }

  /** What the windows for such accesses have in common, if they are of use and have memory in the same place. */
  #reachOf(kinds: number, base: Expr): Reach | undefined {
    const { windows, stackInWindows } = this.assumptions;
    if (isOnStack(base) && !stackInWindows) return undefined;
    const known = this.#reaches.get(kinds);
    if (known) return known;
    const all = [...(kinds & READ ? [windows.read] : []), ...(kinds & WRITE ? [windows.write] : [])];
    if (!all.every((window) => window !== undefined)) return undefined;
    const { low, host } = all.reduce((a, b) => (b.low > a.low ? b : a));
    if (all.some((window) => ((window.host - window.low) ^ (host - low)) !== 0)) return undefined;
    const reach = { low, host, windows: all, local: this.locals.add(I32, `reach${this.#reaches.size}`) };
    if (kinds & READ) this.windows[0] = windows.read;
    if (kinds & WRITE) this.windows[1] = windows.write;
    this.#reaches.set(kinds, reach);
    return reach;
  }

  /** In the prologue: how far clusters may begin from the lowest address of windows. */
  prologue(code: Code): void {
    for (const { low, windows, local } of this.#reaches.values()) {
      windows.forEach(({ cell, low: own }, n) => {
        const less = (low - own + LONGEST_CLUSTER) | 0;
        code.loadCell(cell).constant(less).op(OP.sub).constant(0).loadCell(cell).constant(less).op(OP.geU, OP.select);
        if (n === 0) code.set(local);
        else code.tee(L.ENTRY).get(local).get(L.ENTRY).get(local).op(OP.ltU, OP.select).set(local);
      });
    }
  }

  /** The place of ADDRESS, onto the stack, by the page that its base met last if it has one. */
  #place(base: Expr, segment: number, size: number, kinds: number, clustered = false): void {
    const page = this.#pageOf(baseOf(base, segment), kinds);
    if (page === undefined) this.#lookUp(size, kinds, clustered);
    else this.#remembered(page, size, kinds, clustered);
  }

  #pageOf(base: string | undefined, kinds: number): number | undefined {
    if (base === undefined) return undefined;
    const key = `${base} ${kinds}`;
    if (!this.#pages.has(key) && this.#pages.size < MAX_PAGES) this.#pages.set(key, this.#pages.size);
    return this.#pages.get(key);
  }

  #remembered(page: number, size: number, kinds: number, clustered: boolean): void {
    const { code } = this;
    // The offset in the page, if it is that page; more than any offset otherwise. Too near the end crosses it.
    code
      .get(L.ADDRESS)
      .op(OP.i64ExtendU)
      .get(L.TAGS + page)
      .op(OP.i64Xor, OP.i64Const);
    code.signed(PAGE - size).op(OP.i64GtU);
    code.open(OP.if);
    this.#entry(size, kinds, { clustered });
    code
      .get(L.ADDRESS)
      .constant(-PAGE)
      .op(OP.and, OP.i64ExtendU)
      .set(L.TAGS + page);
    code
      .get(L.ENTRY)
      .constant(~ENTRY_FLAGS)
      .op(OP.and)
      .set(L.DELTAS + page);
    code.close();
    code
      .get(L.ADDRESS)
      .get(L.DELTAS + page)
      .op(OP.add);
  }

  /** What a `place` is, onto the stack; leaves for `record` when it is none. */
  systemPlace({ linear, bytes, write, system }: Extract<Statement, { k: 'place' }>, record: number): void {
    const { code } = this;
    code.constant(record).set(L.NEXT);
    this.value(linear);
    code.set(L.ADDRESS);
    this.#entry(bytes, write ? WRITE : READ, { user: this.assumptions.user && !system });
    pushHost(code, L.ADDRESS, L.ENTRY);
  }

  #lookUp(size: number, kinds: number, clustered = false): void {
    this.#entry(size, kinds, { clustered });
    pushHost(this.code, L.ADDRESS, L.ENTRY);
  }

  /** The TLB entry of ADDRESS into ENTRY, if it lets the access through. `clustered`: that it does not is counted. */
  #entry(size: number, kinds: number, { user = this.assumptions.user, clustered = false } = {}): void {
    const { code } = this;
    pushEntry(code.get(L.ADDRESS)).tee(L.ENTRY);
    if (size > 1) orCrossing(code, L.ADDRESS, size);
    code.constant(denied(kinds, user) | (size > 1 ? CROSSES_PAGE : 0)).op(OP.and);
    if (!clustered) return void code.branchIf(this.exit);
    code.open(OP.if);
    countComplaint(code, SCATTERED);
    code.branch(this.exit).close();
  }

  /** The offset on the stack against limit and base of a segment that is not flat: the linear address into ADDRESS. */
  #checkSegment(segment: number, size: number, write: boolean): void {
    const { code } = this;
    const at = CPU.SEGMENTS + segment * SEGMENT_STRIDE;
    code
      .tee(L.ADDRESS)
      .loadCell(at + SEGMENT.LOW)
      .op(OP.sub);
    code
      .loadCell(at + (write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(size))
      .op(OP.geU)
      .branchIf(this.exit);
    if (size === 16)
      // The upper half is another 8 bytes.
      code
        .get(L.ADDRESS)
        .loadCell(at + SEGMENT.LOW)
        .op(OP.sub)
        .constant(8)
        .op(OP.add)
        .loadCell(at + (write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(8))
        .op(OP.geU)
        .branchIf(this.exit);
    code
      .get(L.ADDRESS)
      .loadCell(at + SEGMENT.BASE)
      .op(OP.add)
      .set(L.ADDRESS);
  }
}

/** From ESP, or from EBP, which then most likely is the frame's. */
function isOnStack(offset: Expr): boolean {
  const plain = offset.k === 'binary' && offset.op === 'add' && offset.y.k === 'const' ? offset.x : offset;
  return plain.k === 'register' && plain.size === 4 && (plain.ref === ESP || plain.ref === EBP);
}

/** What an address is counted from, when accesses from there tend to stay in a page: a register with a constant, or a constant with an index. */
function baseOf(offset: Expr, segment: number): string | undefined {
  if (offset.k === 'const') return `${segment}:${offset.value >>> 12}`;
  const plain = offset.k === 'binary' && offset.op === 'add' && offset.y.k === 'const' ? offset.x : offset;
  if (plain.k === 'register' && plain.size === 4) return `${segment}:r${plain.ref}`;
  const isTable = plain !== offset && offset.k === 'binary' && offset.y.k === 'const' && plain.k === 'binary' && plain.op === 'shl' && plain.x.k === 'register';
  return isTable && offset.y.k === 'const' ? `${segment}:${offset.y.value}` : undefined;
}
