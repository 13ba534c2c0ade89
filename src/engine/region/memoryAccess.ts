/**
 * Loads and stores of translated code. One that lies in the window of its kind (memory/accessWindows) goes straight to memory; any other
 * looks its page up in the software TLB. Those on a stack outside, and without a window those whose address comes from a register alone or
 * from a table's place and an index, compare with the page that their base met last, which they keep in locals (TAG, and DELTA from linear
 * to the VM's memory). The TLB does not change while a region runs, so neither windows nor pages need to be asked for again.
 */
import { foldBinary } from '../../ir/fold';
import { type Expr, type Statement, constant } from '../../ir/microOp';
import type { AccessWindow } from '../../memory/accessWindows';
import { CROSSES_PAGE, DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE, PAGE, TLB } from '../../memory/layout';
import { CPU, SEGMENT, SEGMENT_STRIDE, countOffset } from '../../x86/cpuState';
import { EBP, ESP } from '../../x86/registers';
import { type Code, OP } from '../wasm/encoder';
import { MAX_PAGES, REGION_LOCAL as L } from './locals';

export interface Assumptions {
  /** Accesses with user privilege. */
  readonly user: boolean;
  /** FLAT as it is now (x86/cpuState): what of it the code relies on is collected in `relied`. */
  readonly flat: number;
  readonly windows: { readonly read: AccessWindow | undefined; readonly write: AccessWindow | undefined };
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
}

export class MemoryAccess {
  /** Bits of FLAT the code relies on. */
  relied = 0;
  /** Level of the block behind which the region is left. */
  exit = 0;
  /** Base and direction → which of the remembered pages is theirs. */
  readonly #pages = new Map<string, number>();

  constructor(
    readonly code: Code,
    readonly value: (e: Expr) => void,
    readonly assumptions: Assumptions,
    readonly storePlace: number,
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
    const window = this.assumptions.windows[write ? 'write' : 'read'];
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
      const page = this.#pageOf(baseOf(base, place.segment), write);
      if (page === undefined) this.#lookUp(size, write);
      else this.#remembered(page, size, write);
      access(0);
      return;
    }
    this.windows[write ? 1 : 0] = window;
    this.#linear(place, window.low);
    code
      .get(L.ADDRESS)
      .get(write ? L.WRITABLE : L.READABLE)
      .op(OP.geU);
    code.open(OP.if);
    if (window.low) code.get(L.ADDRESS).constant(window.low).op(OP.add).set(L.ADDRESS);
    this.#lookUp(size, write);
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

  #pageOf(base: string | undefined, write: boolean): number | undefined {
    if (base === undefined) return undefined;
    const key = `${base} ${write}`;
    if (!this.#pages.has(key) && this.#pages.size < MAX_PAGES) this.#pages.set(key, this.#pages.size);
    return this.#pages.get(key);
  }

  #remembered(page: number, size: number, write: boolean): void {
    const { code } = this;
    // The offset in the page, if it is that page; more than any offset otherwise. Too near the end crosses it.
    code
      .get(L.ADDRESS)
      .op(OP.i64ExtendU)
      .get(L.TAGS + page)
      .op(OP.i64Xor, OP.i64Const);
    code.signed(PAGE - size).op(OP.i64GtU);
    code.open(OP.if);
    this.#entry(size, write);
    code
      .get(L.ADDRESS)
      .constant(-PAGE)
      .op(OP.and, OP.i64ExtendU)
      .set(L.TAGS + page);
    code
      .get(L.ENTRY)
      .constant(-256)
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
    this.#entry(bytes, write, this.assumptions.user && !system);
    code.get(L.ADDRESS).get(L.ENTRY).constant(-256).op(OP.and, OP.add);
  }

  #lookUp(size: number, write: boolean): void {
    this.#entry(size, write);
    this.code.get(L.ADDRESS).get(L.ENTRY).constant(-256).op(OP.and, OP.add);
  }

  /** The TLB entry of ADDRESS into ENTRY, if it lets the access through. */
  #entry(size: number, write: boolean, user = this.assumptions.user): void {
    const { code } = this;
    const deny = write ? (user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE) : user ? DENY_USER_READ : DENY_SUPERVISOR_READ;
    code.get(L.ADDRESS).constant(10).op(OP.shrU).constant(0x3ffffc).op(OP.and).memory(OP.load, TLB).tee(L.ENTRY);
    if (size > 1)
      code
        .get(L.ADDRESS)
        .constant(PAGE - 1)
        .op(OP.and)
        .constant(size - 1)
        .op(OP.add)
        .constant(12)
        .op(OP.shrU, OP.or);
    code
      .constant(deny | (size > 1 ? CROSSES_PAGE : 0))
      .op(OP.and)
      .branchIf(this.exit);
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
