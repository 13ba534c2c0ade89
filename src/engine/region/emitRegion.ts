/**
 * A region as one WebAssembly function: (budget) → the record tier 0 goes on with. Structured control flow by dominators (Ramsey,
 * "Beyond Relooper", 2022): a node that several edges lead to is the end of a block around its dominator, one that edges lead back to
 * is a loop. A computed jump is a switch over the targets that the region has for it; those that no structured code holds meet in one
 * dispatch node, and so does every way to a block that a loop has as a second entry.
 */
import { type SharedFunction, type Statement, listsIn, typeOf } from '../../ir/microOp';
import type { AccessWindow } from '../../memory/accessWindows';
import { CPU } from '../../x86/cpuState';
import type { Block } from '../block';
import { ExpressionEmitter } from '../interpreter/expressions';
import { RECORD } from '../record';
import { Code, OP, VECTOR } from '../wasm/encoder';
import { FLAG_CELLS } from '../wasm/flagFunctions';
import { type Clusters, NO_CLUSTERS, clustersOf } from './clusters';
import { DIRECTIONS, type Direction, FAR, REFUSED, countComplaint } from './complaints';
import { type ControlFlow, analyseControlFlow, dominates, irreducibleEdge, reaching } from './controlFlow';
import { deadFlags } from './deadFlags';
import { UNKNOWN } from './expressions';
import { LateLocals } from './lateLocals';
import type { FlagState } from './flags';
import { emitJumpTable } from './jumpTable';
import { NO_PAGE, REGION_LOCAL as L } from './locals';
import type { Assumptions } from './memoryAccess';
import { NOTHING_PARTIAL, type PartialRegister } from './partialRegisters';
import type { Edge, RegionBlock, RegionPlan } from './region';
import { type RegionFunctions, RegionStatements } from './statements';
import { copiesOf, originalOf } from './unroll';
import { isUnusual } from '../wasm/x87Functions';
import { type X87Knowledge, X87Stack, changesX87Control, nothingKnown, usesX87 } from './x87Stack';

/** EIP of a block, or the dispatch node. */
type Node = number;
const DISPATCH: Node = -1;
/** Targets that a computed jump goes to by itself, at most. */
const MAX_DIRECT = 48;

/** From this byte of a body on, code of the instruction at `eip`; of none, where `eip` is undefined. */
export interface Origin {
  readonly at: number;
  readonly eip: number | undefined;
}

export interface EmittedRegion {
  readonly body: Uint8Array;
  readonly temps: number;
  /** Locals behind the temporaries. */
  readonly late: LateLocals;
  readonly windows: readonly (AccessWindow | undefined)[];
  readonly origins: readonly Origin[];
  /** It calls functions that both executors have. */
  readonly callsShared: boolean;
}

export interface EmitOptions {
  readonly functions: RegionFunctions;
  readonly assumptions: Assumptions;
  /** The record that stands for "wherever EIP says": its EIP field is set on the way there. */
  readonly computedRecord: number;
  /** Accesses of the block that lie near each other are often not in one page all the same. */
  readonly isScattered: (block: Block) => boolean;
  /** Its loads, or stores, are often outside the window that those of others are confined to. */
  readonly isFar: (block: Block, direction: Direction) => boolean;
}

export function emitRegion(plan: RegionPlan, options: EmitOptions): EmittedRegion {
  return new RegionEmitter(plan, options).emit();
}

class RegionEmitter {
  readonly #code = new Code();
  readonly #statements: RegionStatements;
  readonly #flow: ControlFlow<Node>;
  /** Blocks that all ways lead to by the dispatch node. */
  readonly #dispatched = new Set<Node>();
  /** Computed jumps that do not go through the dispatch node, and where they go instead. */
  readonly #direct = new Map<Node, readonly Node[]>();
  readonly #levels = new Map<Node, number>();
  readonly #flagsBehind = new Map<Node, FlagState | undefined>();
  readonly #late: LateLocals;
  readonly #accesses: ReadonlySet<Direction>;
  /** MemoryAccess.far, of blocks that have not complained. */
  #far: readonly (readonly [direction: Direction, level: number])[] = [];
  /** In regions that use it. */
  readonly #x87: X87Stack | undefined;
  /** By how much TOP is above BASE where ways meet. */
  readonly #x87Above = new Map<Node, number>();
  readonly #x87Behind = new Map<Node, X87Knowledge>();
  readonly #normalBehind = new Map<Node, readonly number[]>();
  readonly #partialBehind = new Map<Node, readonly PartialRegister[]>();
  readonly #refutedBehind = new Map<Node, ReadonlySet<string>>();
  /** Of blocks that have copies, for all of them. */
  readonly #clusters = new Map<Node, Clusters>();
  #temps = 0;
  #callsShared = false;
  readonly #origins: Origin[] = [];

  constructor(
    readonly plan: RegionPlan,
    readonly options: EmitOptions,
  ) {
    const lists = [...plan.blocks.values()].flatMap(({ instructions }) => instructions.map(({ statements }) => statements));
    for (const list of lists) this.#count(list);
    this.#accesses = new Set(lists.flatMap(accessesOf));
    this.#late = new LateLocals(L.TEMPS + this.#temps);
    this.#x87 = lists.some(usesX87) ? new X87Stack(this.#code, this.#late, options.assumptions.plainX87, lists.some(changesX87Control)) : undefined;
    const shared = (name: SharedFunction): number => {
      this.#callsShared = true;
      return options.functions.shared(name);
    };
    this.#statements = new RegionStatements(this.#code, { ...options.functions, shared }, options.assumptions, this.#late, this.#x87);
    this.#flow = this.#x87 ? this.#structured() : this.#withDirectJumps();
    // What the dispatch node leads to, it leads to in one way.
    for (const node of [plan.root.block.eip, DISPATCH, ...plan.targets, ...this.#dispatched]) this.#x87Above.set(node, 0);
  }

  /** Computed jumps that go straight to the targets they may have, where structured code holds that. */
  #withDirectJumps(): ControlFlow<Node> {
    const candidates = [...this.plan.blocks].flatMap(([node, block]): [Node, readonly Node[]][] => {
      const found = this.#targetsOf(block);
      return found.length > 0 && found.length <= MAX_DIRECT ? [[node, found]] : [];
    });
    for (const [node, targets] of candidates) this.#direct.set(node, targets);
    const all = this.#analyse();
    if (!irreducibleEdge(all)) return all;
    this.#direct.clear();
    let best = this.#structured();
    for (const [node, targets] of candidates) {
      this.#direct.set(node, targets);
      const tried = this.#analyse();
      if (irreducibleEdge(tried)) this.#direct.delete(node);
      else best = tried;
    }
    return best;
  }

  /** What no structured code holds, goes by the dispatch node. */
  #structured(): ControlFlow<Node> {
    let flow = this.#analyse();
    for (let edge = irreducibleEdge(flow); edge; edge = irreducibleEdge(flow)) {
      for (const node of edge.to === DISPATCH ? this.#entriesOfDispatch(flow) : [edge.to]) this.#dispatched.add(node);
      flow = this.#analyse();
    }
    return flow;
  }

  /** Where the dispatch node's loop is entered but by it. Never the root: no loop is entered before its dominators. */
  #entriesOfDispatch(flow: ControlFlow<Node>): Node[] {
    const isBelow = (node: Node): boolean => dominates(flow, DISPATCH, node);
    const inLoop = reaching(flow, DISPATCH, (node) => dominates(flow, node, DISPATCH));
    return [...inLoop].filter((node) => !isBelow(node) && flow.predecessors.get(node)?.some(isBelow));
  }

  #targetsOf({ terminal }: RegionBlock): readonly Node[] {
    if (terminal.k !== 'indirect') return [];
    const { targets, returns } = this.plan;
    return terminal.isReturn ? returns : targets.filter((eip) => !returns.includes(eip));
  }

  #analyse(): ControlFlow<Node> {
    return analyseControlFlow(this.plan.root.block.eip, (node) => this.#successors(node));
  }

  #successors(node: Node): Node[] {
    if (node === DISPATCH) return [...new Set([...this.plan.targets, ...this.#dispatched])];
    const found = this.#exitsOf(this.#block(node)).filter((to) => this.#isInside(to));
    return this.#dispatched.size > 0 ? found.map((to) => (this.#dispatched.has(to) ? DISPATCH : to)) : found;
  }

  #exitsOf({ terminal, block: { eip } }: RegionBlock): readonly Node[] {
    switch (terminal.k) {
      case 'jump':
        return [terminal.to.eip];
      case 'branch':
        return [terminal.taken.eip, terminal.next.eip];
      case 'indirect':
        return this.#direct.get(eip) ?? [DISPATCH];
      case 'leave':
        return [];
    }
  }

  #isInside(to: Node): boolean {
    return to === DISPATCH ? this.plan.targets.length > 0 : this.plan.blocks.has(to);
  }

  #block(node: Node): RegionBlock {
    return this.plan.blocks.get(node) as RegionBlock;
  }

  emit(): EmittedRegion {
    const code = this.#code;
    const { memory } = this.#statements;
    memory.exit = code.open(OP.block);
    const confined = DIRECTIONS.filter((direction) => this.options.assumptions.confined[direction] && this.#accesses.has(direction));
    this.#far = confined.map((direction) => [direction, code.open(OP.block)]);
    this.#node(this.plan.root.block.eip);
    this.#of(undefined);
    code.op(OP.unreachable);
    for (const direction of [...confined].reverse()) {
      code.close();
      countComplaint(code, FAR[direction]);
      code.branch(memory.exit);
    }
    code.close();
    const prologue = this.#prologue();
    this.#epilogue();
    const rest = code.done();
    const body = new Uint8Array(prologue.length + rest.length);
    body.set(prologue);
    body.set(rest, prologue.length);
    const origins = this.#origins.map(({ at, eip }) => ({ at: at + prologue.length, eip }));
    return { body, temps: this.#temps, late: this.#late, windows: this.#statements.memory.windows, origins, callsShared: this.#callsShared };
  }

  /** What is emitted from here on, belongs to this instruction. */
  #of(eip: number | undefined): void {
    this.#origins.push({ at: this.#code.length, eip });
  }

  #registers(bits: number): number[] {
    return [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => bits & (1 << n));
  }

  /** Whether the region may run at all, then registers and flags into locals. */
  #prologue(): Uint8Array {
    const code = new Code();
    const { used, memory } = this.#statements;
    const { relied } = memory;
    code.get(L.BUDGET).constant(this.plan.longest).op(OP.leS);
    if (relied) code.loadCell(CPU.FLAT).constant(relied).op(OP.and).constant(relied).op(OP.ne, OP.or);
    if (this.#x87?.isPlain) {
      isUnusual(code);
      code.op(OP.or);
    }
    code.open(OP.if);
    if (this.#x87?.isPlain) {
      isUnusual(code);
      code.open(OP.if);
      code.constant(this.plan.root.block.entry).set(L.NEXT);
      countComplaint(code, REFUSED);
      code.close();
    }
    code.constant(0).get(L.BUDGET).memory(OP.store, CPU.BUDGET);
    code.constant(this.plan.root.block.entry).op(OP.return);
    code.close();
    for (const n of this.#registers(used))
      code
        .constant(0)
        .memory(OP.load, CPU.GPR + 4 * n)
        .set(L.GPR + n);
    for (const n of this.#registers(this.#statements.usedVectors))
      code
        .constant(0)
        .vectorMemory(VECTOR.load, CPU.XMM + 16 * n)
        .set(L.XMM + n);
    const invariants = new ExpressionEmitter(code, this.options.functions);
    this.#statements.invariants.forEach((value, n) => {
      invariants.emit(value);
      code.set(L.INVARIANTS + n);
    });
    for (let page = 0; page < memory.pages; page++)
      code
        .byte(OP.i64Const)
        .signed64(NO_PAGE)
        .set(L.TAGS + page);
    const [read, write] = memory.windows;
    if (read) code.loadCell(read.cell).set(L.READABLE);
    if (write) code.loadCell(write.cell).set(L.WRITABLE);
    memory.prologue(code);
    this.#x87?.prologue(code);
    code.loadCell(CPU.RESULT).set(L.RESULT).loadCell(CPU.AUX).set(L.A);
    // A constant KIND keeps loops in registers.
    code.loadCell(FLAG_CELLS.kind).open(OP.if);
    code.loadCell(FLAG_CELLS.kind).get(L.A).loadCell(FLAG_CELLS.second).get(L.RESULT).call(this.options.functions.auxOf).set(L.A);
    code.close();
    return code.done();
  }

  #epilogue(): void {
    const code = this.#code;
    this.#x87?.epilogue(code);
    for (const n of this.#registers(this.#statements.written))
      code
        .constant(0)
        .get(L.GPR + n)
        .memory(OP.store, CPU.GPR + 4 * n);
    for (const n of this.#registers(this.#statements.writtenVectors))
      code
        .constant(0)
        .get(L.XMM + n)
        .vectorMemory(VECTOR.store, CPU.XMM + 16 * n);
    code.constant(0).get(L.RESULT).memory(OP.store, CPU.RESULT);
    code.constant(0).get(L.A).memory(OP.store, CPU.AUX);
    code.constant(0).get(L.KIND).memory(OP.store, FLAG_CELLS.kind);
    code.constant(0).get(L.B).memory(OP.store, FLAG_CELLS.second);
    code.constant(0).get(L.BUDGET).memory(OP.store, CPU.BUDGET);
    code.get(L.NEXT);
  }

  #order(node: Node): number {
    return this.#flow.order.get(node) as number;
  }

  #forward(node: Node): number {
    return (this.#flow.predecessors.get(node) ?? []).filter((p) => this.#order(p) < this.#order(node)).length;
  }

  #isMerge(node: Node): boolean {
    return this.#forward(node) >= 2 || this.#flow.predecessors.get(node)?.some((from) => from === DISPATCH || this.#direct.has(from)) === true;
  }

  #isLoop(node: Node): boolean {
    return (this.#flow.predecessors.get(node) ?? []).some((p) => this.#order(p) >= this.#order(node));
  }

  /** A node with everything it dominates. */
  #node(node: Node): void {
    const code = this.#code;
    const merges = (this.#flow.dominated.get(node) ?? []).filter((n) => this.#isMerge(n)).sort((a, b) => this.#order(b) - this.#order(a));
    if (!this.#isLoop(node)) return this.#within(node, merges);
    this.#of(undefined);
    this.#levels.set(node, code.open(OP.loop));
    this.#checkBudget(node);
    this.#within(node, merges);
    this.#of(undefined);
    code.close();
  }

  /** Too little budget for the longest way round: tier 0 runs what is left of the slice. */
  #checkBudget(node: Node): void {
    const code = this.#code;
    if (node === DISPATCH) this.#storeTarget();
    code.constant(node === DISPATCH ? this.options.computedRecord : this.#block(node).block.entry).set(L.NEXT);
    code.get(L.BUDGET).constant(this.plan.longest).op(OP.leS).branchIf(this.#statements.memory.exit);
  }

  /** What each merge node in turn follows, innermost the node itself. */
  #within(node: Node, merges: readonly Node[]): void {
    const code = this.#code;
    const [merge, ...rest] = merges;
    if (merge === undefined) {
      if (node === DISPATCH) this.#dispatch(node);
      else this.#emitBlock(node);
      return;
    }
    this.#of(undefined);
    this.#levels.set(merge, code.open(OP.block));
    this.#within(node, rest);
    this.#of(undefined);
    code.close();
    this.#node(merge);
  }

  /** The flags are as the one way here left them, if there is only one. */
  #flagsBefore(node: Node): FlagState | undefined {
    const predecessors = this.#flow.predecessors.get(node) ?? [];
    return predecessors.length === 1 ? this.#flagsBehind.get(predecessors[0]) : undefined;
  }

  /** Does control come here in more than one way? */
  #isMeeting(node: Node): boolean {
    return node === DISPATCH || node === this.plan.root.block.eip || this.#flow.predecessors.get(node)?.length !== 1;
  }

  #x87Before(node: Node): X87Knowledge {
    return (!this.#isMeeting(node) && this.#x87Behind.get((this.#flow.predecessors.get(node) as Node[])[0])) || nothingKnown(this.#x87Above.get(node) ?? 0);
  }

  /** Before the way on to a node that several lead to: TOP is as far above BASE as on the first of them. */
  #meet(from: Node, to: Node): void {
    if (!this.#x87) return;
    const known = this.#x87Behind.get(from) ?? nothingKnown(0);
    this.#x87.known = known;
    if (!this.#isMeeting(to)) return;
    if (!this.#x87Above.has(to)) this.#x87Above.set(to, known.above);
    this.#x87.settle(this.#x87Above.get(to) as number);
  }

  /** Can one go there without anything in between? */
  #isStraight(to: Node): boolean {
    return !this.#x87 || !this.#isMeeting(to) || (!this.#x87.hasPending() && (this.#x87Above.get(to) ?? this.#x87.known.above) === this.#x87.known.above);
  }

  #emitBlock(node: Node): void {
    const statements = this.#statements;
    const { instructions, terminal, count, block } = this.#block(node);
    const isEntry = block === this.plan.root.block && (this.#flow.predecessors.get(node) ?? []).length === 0;
    statements.flags.state = isEntry ? { operation: 'settled', size: 4, exact: true } : this.#flagsBefore(node);
    if (this.#x87) this.#x87.known = this.#x87Before(node);
    statements.normal = (!this.#isMeeting(node) && this.#normalBehind.get((this.#flow.predecessors.get(node) as Node[])[0])) || UNKNOWN;
    statements.partial.known = (!this.#isMeeting(node) && this.#partialBehind.get((this.#flow.predecessors.get(node) as Node[])[0])) || NOTHING_PARTIAL;
    // Whatever way leads here comes by the dominator.
    statements.refuted = this.#refutedBehind.get(this.#flow.dominator.get(node) as Node) ?? new Set();
    statements.clusters = this.#clustersOf(node);
    statements.memory.far = Object.fromEntries(this.#far.filter(([direction]) => !this.options.isFar(block, direction)));
    const dead = deadFlags(instructions.flatMap((i) => i.statements));
    instructions.forEach(({ statements: list, record, noted }, n) => {
      const last = n === instructions.length - 1 && terminal.k !== 'leave' && isTerminal(list.at(-1));
      this.#of(block.code.instructions.at(n)?.eip);
      statements.memory.noted = noted;
      statements.instruction(last ? list.slice(0, -1) : list, record, n, dead);
    });
    this.#flagsBehind.set(node, statements.flags.state);
    if (terminal.k !== 'leave') this.#x87?.toLocals();
    if (this.#x87) this.#x87Behind.set(node, this.#x87.known);
    this.#normalBehind.set(node, statements.normal);
    this.#partialBehind.set(node, statements.partial.known);
    this.#refutedBehind.set(node, statements.refuted);
    if (terminal.k === 'leave') {
      this.#of(block.code.instructions.at(instructions.length)?.eip);
      this.#x87?.flush();
      return statements.leave(terminal.record);
    }
    this.#terminal(node, instructions.at(-1)?.statements.at(-1), count);
  }

  /** Copies of a block are searched with it where memory is in one piece: a loop that walks through memory asks once for all of them. */
  #clustersOf(node: Node): Clusters {
    if (!this.#isContiguous) return this.#searched([node]);
    const original = originalOf(node);
    const known = this.#clusters.get(original);
    if (known) return known;
    const found = this.#searched([original, ...copiesOf(original, this.plan.blocks)]);
    this.#clusters.set(original, found);
    return found;
  }

  #searched(nodes: readonly Node[]): Clusters {
    const { isScattered, assumptions } = this.options;
    if (isScattered(this.#block(nodes[0]).block)) return NO_CLUSTERS;
    const isFlat = (segment: number): boolean => (assumptions.flat & (1 << segment)) !== 0;
    return clustersOf(
      nodes.flatMap((node) => this.#block(node).instructions),
      isFlat,
    );
  }

  get #isContiguous(): boolean {
    const { read, write } = this.options.assumptions.windows;
    return read !== undefined && write !== undefined;
  }

  #count(list: readonly Statement[]): void {
    for (const s of list) {
      if (s.k === 'load' || s.k === 'call' || s.k === 'place' || (s.k === 'let' && typeOf(s.value) === 'i32')) this.#temps = Math.max(this.#temps, s.id + 1);
      for (const inner of listsIn(s)) this.#count(inner);
    }
  }

  #terminal(node: Node, last: Statement | undefined, count: number): void {
    const code = this.#code;
    const { terminal } = this.#block(node);
    const retire = (): Code => code.get(L.BUDGET).constant(count).op(OP.sub).set(L.BUDGET);
    switch (terminal.k) {
      case 'jump':
        retire();
        this.#follow(node, terminal.to);
        break;
      case 'branch': {
        if (last?.k !== 'branch') throw new Error('a branch without a condition');
        retire();
        this.#statements.value(last.condition);
        this.#flagsBehind.set(node, this.#statements.flags.state);
        if (this.#isBranch(node, terminal.taken.eip)) {
          if (this.#x87 && !this.#x87Above.has(terminal.taken.eip)) this.#x87Above.set(terminal.taken.eip, this.#x87.known.above);
          code.branchIf(this.#levels.get(terminal.taken.eip) as number);
        } else {
          code.open(OP.if);
          this.#follow(node, terminal.taken);
          code.close();
        }
        this.#follow(node, terminal.next);
        break;
      }
      case 'indirect':
        if (last?.k !== 'indirect') throw new Error('a computed jump without a target');
        this.#statements.value(last.target);
        code.set(L.TARGET);
        retire();
        if (this.#direct.has(node)) this.#dispatch(node);
        else if (this.#isInside(DISPATCH)) this.#go(node, DISPATCH);
        else {
          this.#flushX87(node);
          this.#leaveComputed();
        }
        break;
      default:
    }
  }

  /** Is one WebAssembly branch the whole way there? */
  #isBranch(from: Node, to: Node): boolean {
    return this.#isInside(to) && !this.#dispatched.has(to) && this.#isLabel(from, to) && this.#isStraight(to);
  }

  #isLabel(from: Node, to: Node): boolean {
    return this.#order(to) <= this.#order(from) || this.#isMerge(to);
  }

  #go(from: Node, to: Node): void {
    this.#meet(from, to);
    if (this.#isLabel(from, to)) {
      this.#code.branch(this.#levels.get(to) as number);
      return;
    }
    this.#node(to);
    // The way on from here lies inside the code of the instruction that leads to it.
    if (from !== DISPATCH) this.#of(this.#block(from).block.code.instructions.at(-1)?.eip);
  }

  /** To a block of the region. */
  #goTo(from: Node, eip: number): void {
    if (!this.#dispatched.has(eip)) return this.#go(from, eip);
    this.#code.constant(eip).set(L.TARGET);
    this.#go(from, DISPATCH);
  }

  #follow(from: Node, { eip, slot }: Edge): void {
    if (this.#isInside(eip)) return this.#goTo(from, eip);
    this.#flushX87(from);
    this.#code.loadCell(slot).set(L.NEXT).branch(this.#statements.memory.exit);
  }

  /** Before the way out behind a node. */
  #flushX87(node: Node): void {
    const known = this.#x87Behind.get(node);
    if (!this.#x87 || !known) return;
    this.#x87.known = known;
    this.#x87.flush();
  }

  #storeTarget(): void {
    this.#code
      .constant(0)
      .get(L.TARGET)
      .memory(OP.store, this.options.computedRecord + RECORD.EIP);
  }

  #leaveComputed(): void {
    this.#storeTarget();
    this.#statements.leave(this.options.computedRecord);
  }

  /** Go where TARGET says. */
  #dispatch(node: Node): void {
    if (node === DISPATCH) this.#of(undefined);
    const targets = this.#successors(node).filter((to) => to !== DISPATCH);
    emitJumpTable(this.#code, L.TARGET, new Map(targets.map((eip) => [eip, this.#levels.get(eip) as number])));
    if (targets.length < this.#successors(node).length) this.#go(node, DISPATCH);
    else this.#leaveComputed();
  }
}

const isTerminal = (s: Statement | undefined): boolean => s?.k === 'jump' || s?.k === 'branch' || s?.k === 'indirect';

/** What statements do in memory that is not the engine's. A load for an update asks for the right to store. */
const accessesOf = (list: readonly Statement[]): Direction[] =>
  list.flatMap((s): Direction[] => {
    if (s.k === 'load') return [s.update ? 'write' : 'read'];
    if (s.k === 'loadVector') return ['read'];
    return s.k === 'store' || s.k === 'storeVector' ? ['write'] : listsIn(s).flatMap(accessesOf);
  });
