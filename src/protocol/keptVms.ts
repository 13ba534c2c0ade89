/**
 * VMs that outlive a session: what a worker tells of those it holds, and the list that a client of `attach` chooses from.
 * Whoever starts workers, the extension or a server, keeps one `VmWorkers`.
 */
import { Emitter } from '../base/events';
import { UserError } from '../base/userError';

/** From whoever starts a worker, before any DAP message: whether VMs may be left behind in it. */
export interface HostNotice {
  readonly type: 'ringside/host';
  readonly keeps: boolean;
}

/** From a worker, beside DAP messages: what became of its VMs. */
export interface VmNotice {
  readonly type: 'ringside/vms';
  /** `kept`: no session has them; `over`: the last one has ended. */
  readonly state: 'debugged' | 'kept' | 'over';
  /** One for each VM that has not ended. */
  readonly vms: readonly VmSummary[];
}

export interface VmSummary {
  readonly name: string;
  readonly technique: string;
  /** Mebibytes of RAM. */
  readonly memory: number;
  readonly running: boolean;
}

const isOfType = (message: unknown, type: string): boolean => (message as { type?: unknown } | undefined)?.type === type;
export const isHostNotice = (message: unknown): message is HostNotice => isOfType(message, 'ringside/host');
export const isVmNotice = (message: unknown): message is VmNotice => isOfType(message, 'ringside/vms');

/** Of all that are kept at a time: more would fill the host’s memory while nobody looks. */
export const MOST_KEPT = { workers: 8, memory: 4096 } as const;

/** A worker as it is started: Node's and a browser's. */
export interface WorkerPort {
  postMessage(message: unknown): void;
  onMessage(listener: (message: never) => void): void;
  /** It failed, with a reason to show. */
  onFailure(listener: (reason: string) => void): void;
  terminate(): unknown;
}

/** Who is told what a worker says. */
export interface WorkerClient {
  receive(message: object): void;
  failed(reason: string): void;
}

/** A worker with its VMs: one VM, or several that were launched together. */
export interface VmWorker {
  /** Counted from 1; never given twice. */
  readonly id: number;
  readonly port: WorkerPort;
  vms: readonly VmSummary[];
  state: VmNotice['state'];
  client: WorkerClient | undefined;
}

/** Whoever left it has had its last answer. */
const isFree = ({ state, client }: VmWorker): boolean => state === 'kept' && !client;

const stateText = (vm: VmSummary): string => `${vm.technique}, ${vm.running ? 'running' : 'stopped'}`;
const names = ({ vms }: VmWorker): string => vms.map(({ name }) => name).join(', ');
/** `2: boot.asm (trap, running)` */
export const describeWorker = (worker: VmWorker): string => `${worker.id}: ${worker.vms.map((vm) => `${vm.name} (${stateText(vm)})`).join(', ')}`;

export class VmWorkers {
  readonly #workers = new Set<VmWorker>();
  #next = 1;
  /** What is kept has changed. */
  readonly changed = new Emitter<void>();

  constructor(
    private readonly startWorker: () => WorkerPort,
    /** VMs may be left behind. */
    readonly keeps = true,
  ) {}

  /** VMs that no session has, the oldest first. */
  get kept(): VmWorker[] {
    return [...this.#workers].filter(isFree);
  }

  start(client: WorkerClient): VmWorker {
    const port = this.startWorker();
    const worker: VmWorker = { id: this.#next++, port, vms: [], state: 'over', client };
    this.#workers.add(worker);
    port.onMessage((message: object) => (isVmNotice(message) ? this.#note(worker, message) : worker.client?.receive(message)));
    port.onFailure((reason) => {
      const { client: told } = worker;
      this.#forget(worker);
      told?.failed(reason);
    });
    port.postMessage({ type: 'ringside/host', keeps: this.keeps } satisfies HostNotice);
    return worker;
  }

  /** The VM that `wanted`, the attribute `vm`, names; the only one there is when it names none. Throws UserError. */
  choose(wanted: unknown): VmWorker {
    const { kept } = this;
    if (wanted === undefined || wanted === null || wanted === '') {
      if (kept.length === 1) return kept[0];
      throw kept.length === 0 ? this.#nothingKept() : refuse(`"vm" has to say which. ${this.#choices()}`);
    }
    const found = this.#named(wanted);
    const free = found.filter(isFree);
    if (free.length === 1) return free[0];
    if (free.length > 1) throw refuse(`"vm": ${free.length} VMs have the name ${wanted}; name one by its number. ${this.#choices()}`);
    if (found.length > 0) throw refuse(`"vm": another session is debugging VM ${describeWorker(found[0])}.`);
    throw kept.length === 0 ? this.#nothingKept() : refuse(`"vm": there is no VM ${wanted} to attach to. ${this.#choices()}`);
  }

  #named(wanted: unknown): VmWorker[] {
    const text = String(wanted);
    const there = [...this.#workers].filter(({ vms }) => vms.length > 0);
    const byNumber = there.filter(({ id }) => String(id) === text);
    return byNumber.length > 0 ? byNumber : there.filter(({ vms }) => vms.some(({ name }) => name === text));
  }

  #choices(): string {
    return `There are: ${this.kept.map(describeWorker).join('; ')}.`;
  }

  #nothingKept(): UserError {
    const debugged = [...this.#workers].filter(({ state }) => state === 'debugged');
    const others = debugged.length > 0 ? ` Other sessions are debugging ${debugged.map(describeWorker).join('; ')}.` : '';
    return refuse(`There is no VM to attach to: one is kept when its session disconnects without ending it.${others}`);
  }

  /** Why this worker's VMs cannot be kept beside those that are; undefined when they can. */
  refusalToKeep(worker: VmWorker): string | undefined {
    const { kept } = this;
    const memory = [...kept, worker].flatMap(({ vms }) => vms).reduce((sum, vm) => sum + vm.memory, 0);
    if (kept.length < MOST_KEPT.workers && memory <= MOST_KEPT.memory) return undefined;
    return `${names(worker)} cannot be kept: at most ${MOST_KEPT.workers} VMs with ${MOST_KEPT.memory} MiB together are. End one of ${kept.map(describeWorker).join('; ')}, or this one.`;
  }

  /** Its client is gone, and left it as it is. */
  release(worker: VmWorker): void {
    worker.client = undefined;
    this.changed.fire();
  }

  /** A client takes it. */
  take(worker: VmWorker, client: WorkerClient): void {
    worker.state = 'debugged';
    worker.client = client;
    this.changed.fire();
  }

  end(worker: VmWorker): void {
    this.#forget(worker);
    void worker.port.terminate();
  }

  endAll(): void {
    for (const worker of [...this.#workers]) this.end(worker);
  }

  #note(worker: VmWorker, { state, vms }: VmNotice): void {
    const before = worker.state;
    worker.state = state;
    worker.vms = vms;
    if (state === 'over' && before === 'kept') this.end(worker);
    else this.changed.fire();
  }

  #forget(worker: VmWorker): void {
    worker.client = undefined;
    if (this.#workers.delete(worker)) this.changed.fire();
  }
}

const refuse = (message: string): UserError => new UserError('attach.vm', message);
