/** Composition: from a checked configuration to a machine that is powered on and stands before the guest's first instruction. */
import { assemble } from '../asm/assemble';
import type { Assembly } from '../asm/assembly';
import { Emitter } from '../base/events';
import { once } from '../base/once';
import { UserError } from '../base/userError';
import { GuestClock } from '../devices/clock';
import type { DeviceState } from '../devices/contract';
import type { Switch } from '../devices/virtio/switch';
import { type InterpreterImage, interpreterImage } from '../engine/interpreter/image';
import { VIDEO_WINDOW } from '../memory/guestMemory';
import { MAXIMUM_PAGES, PAGE, RAM, ROM_BYTES } from '../memory/layout';
import { VIDEO_MEMORY } from '../devices/vga/vga';
import type { Picture } from '../devices/vga/render';
import type { ScreenText } from '../protocol/screen';
import type { DeviceRows } from '../protocol/systemState';
import type { SerialPort } from '../protocol/serial';
import { parseDescriptor } from '../semantics/system/descriptors';
import { realModeSegment } from '../semantics/system/segments';
import { COST_PROFILES } from '../vmm/cost/profiles';
import { APIC_BASE_ENABLE, CPU_MODELS } from '../vmm/cpuModels';
import { DebugView } from '../vmm/debugView';
import { StateHash } from '../vmm/stateHash';
import type { PostOffice } from '../vmm/hypercalls/mailbox';
import { VirtualMachine } from '../vmm/virtualMachine';
import { CPU } from '../x86/cpuState';
import { OpcodeMap } from '../x86/decoder';
import { CR0_ET, CR0_PE } from '../x86/flags';
import { REGISTERS_32, SEGMENT_REGISTERS } from '../x86/registers';
import { deviceStates } from './deviceStates';
import { Board } from './board';
import type { Configuration } from './configuration';
import { type GuestSymbol, type InitialState, applyWrites } from './loader/guest';
import { type FileAccess, type Program, prepareProgram } from './program';
import type { SymbolFile } from '../symbols/symbolFile';
import { sourceLine } from './sourceLine';
import { FEATURE_APIC } from './tables/platform';

const MIB = 1024 * 1024;
/** Above it the host bridge decides: option ROMs and the BIOS, or RAM in their place. */
const DEVICE_WINDOW = { start: 0xa0000, end: 0xc0000 } as const;

/** What a machine may share with others. */
export interface MachineSurroundings {
  readonly image?: InterpreterImage;
  /** The switch that its virtio network card is plugged into. */
  readonly network?: Switch;
}

export interface Machine {
  readonly vm: DebugView;
  readonly board: Board;
  readonly assembly?: Assembly;
  readonly loadAddress?: number;
  readonly symbols: readonly GuestSymbol[];
  /** Files with symbols and debugging information of what runs. Throws UserError for a damaged one. */
  readonly symbolFiles: readonly SymbolFile[];
  /** Bytes the guest writes to serial port 1, to port E9h and to its virtio console. */
  readonly serial: Emitter<Uint8Array>;
  /** Where in its source an instruction is, as `boot.asm:12`. */
  locate(linear: number): string | undefined;
  /** What the user should know, as sentences. */
  readonly notes: readonly string[];
  readonly wires: Readonly<Record<SerialPort, Emitter<Uint8Array>>>;
  devices(): readonly DeviceRows[];
  screen(): ScreenText;
  picture(into?: Int32Array): Picture;
  typeKeys(text: string): void;
  pressKey(code: string, down: boolean): boolean;
  moveMouse(motion: Parameters<Board['moveMouse']>[0]): void;
  serialInput(bytes: Uint8Array, port?: SerialPort): void;
  /** Let its guest, if it is paravirtualized, exchange messages with the others that join. */
  joinMessages(office: PostOffice): void;
  /** With `persist`: write what the guest changed on its disks into their files. Throws UserError. */
  persist(): void;
  /** Persists, then closes the disks' files. Throws UserError. */
  dispose(): void;
}

/** Throws UserError (AssemblyError for a source with errors). */
export function createMachine(config: Configuration, files: FileAccess, { image = interpreterImage(), network }: MachineSurroundings = {}): Machine {
  const program = prepareProgram(config, files, assemble);
  const ram = config.memory * MIB;
  const memory = allocate(ram);
  const profile = COST_PROFILES.find((p) => p.id === config.profile);
  if (!profile) throw new UserError('launch.profile', `profile is "${config.profile}": expected one of ${COST_PROFILES.map((p) => p.id).join(', ')}`);
  if (config.ringCompression && config.cpu === '386')
    throw new UserError(
      'launch.ringCompression',
      'ringCompression needs "cpu": "486" or later: a 386 has no CR0.WP, so that a kernel at CPL 1 stores to read-only pages and its page tables cannot be traced',
    );
  const model = CPU_MODELS[config.cpu];
  const vm = new VirtualMachine({
    memory,
    ram,
    technique: config.technique,
    optimised: config.translation === 'optimised',
    ringCompression: config.ringCompression,
    nestedPaging: config.nestedPaging,
    translation: config.translate,
    model,
    profile,
    videoMemory: VIDEO_MEMORY,
    ...(config.vmcs ? { vmcs: config.vmcs } : {}),
    resetsOnShutdown: config.onTripleFault === 'reset',
    interpreter: { ...image, opcodes: new OpcodeMap(model.generation) },
    ...(showsKvm(config) ? { kvm: { startDate: config.startDate } } : {}),
  });
  const clock = new GuestClock();
  const board = new Board({
    clock,
    memory: vm.physical,
    apicEnabled: () => (vm.cpu.get(CPU.APIC_BASE) & APIC_BASE_ENABLE) !== 0,
    processor: { signature: model.signature, features: model.features | (model.localApic ? FEATURE_APIC : 0) },
    startDate: config.startDate,
    drives: program.drives,
    virtio: { kinds: config.virtio ?? [], entropySeed: config.entropySeed, ...(network ? { network } : {}) },
    videoMemory: vm.physical.video,
    ...(program.bios ? { biosImage: program.bios } : {}),
    host: {
      onIntr: () => {},
      onExit: (code) => vm.requestStop({ kind: 'exited', code }),
      onReset: () => vm.requestReset(),
      setA20: (enabled) => setA20(vm, enabled),
      setShadow: (start, end, attributes) => {
        vm.physical.setShadow(start, end, attributes);
        vm.linear.remapped();
        vm.engine.cache.forgetRange(start, end, 'shadow RAM switched');
      },
      mapVideo: (base) => {
        const { videoBase, videoSize } = vm.physical;
        if (base === videoBase) return;
        for (const start of [videoBase, base]) if (start !== undefined) vm.engine.cache.forgetRange(start, start + videoSize, 'frame buffer moved');
        vm.physical.mapVideo(base);
        vm.linear.remapped();
      },
      mapWindow: (offset) => {
        vm.engine.cache.forgetRange(VIDEO_WINDOW.start, VIDEO_WINDOW.end, 'video memory switched');
        vm.physical.mapWindow(offset);
        vm.linear.remapped();
      },
    },
  });
  const { bus, firmware, localApic } = board;
  board.debugPorts.biosLog.on((line) => vm.reportFromDevice({ kind: 'firmware', reason: 'BIOS log', sentence: line }));
  board.pci.conflicts.on((sentence) => vm.reportFromDevice({ kind: 'unclaimed', reason: 'PCI base address', sentence }));
  for (const { failures } of board.virtio.transports) failures.on((sentence) => vm.reportFromDevice({ kind: 'deviceError', reason: 'virtio', sentence }));
  if (vm.kvm) {
    localApic.eoiFlag = vm.kvm.eoiFlag;
    vm.kvm.eoiMoving = () => localApic.withdrawEoiFlag();
  }
  vm.physical.mapRom(program.bios?.rom ?? firmware.rom);
  vm.physical.setKind(DEVICE_WINDOW.start, DEVICE_WINDOW.end, 'device');
  const powerOn = (): void => {
    vm.resetCpu();
    vm.hypercalls?.reset();
    board.powerOn();
    if (program.bootFromBios) return; // the CPU is at the reset vector
    applyWrites(program.guest, vm.physical);
    setInitialState(vm, program.guest.initial);
  };
  const restart = (): void => {
    if (board.resetProcessor()) vm.resetCpu();
    else powerOn();
  };
  vm.attach(
    {
      bus,
      clock,
      interrupts: vm.hypercalls?.events.over(localApic) ?? localApic,
      ...(program.bios ? {} : { firmware }),
      fpuError: board.coprocessor,
      a20: () => board.a20,
      setA20: (on) => board.setA20(on),
      describe: () => describe(board, vm),
    },
    restart,
  ); // prettier-ignore
  powerOn();
  const wires = wiresOf(board);
  const merged = new Emitter<Uint8Array>();
  for (const port of MERGED) wires[port].on((bytes) => merged.fire(bytes));
  const typed = vm.hypercalls?.console;
  vm.hypercalls?.attach({
    clock,
    disk: program.drives.find(({ image }) => image.kind === 'hardDisk')?.image,
    print: (bytes) => wires.hypercall.fire(bytes),
    shutdown: (code) => vm.requestStop({ kind: 'exited', code }),
  });
  const view = new DebugView(vm);
  const symbolFiles = once(() => program.symbols.read((linear) => view.translate(linear) === linear));
  return {
    vm: view,
    board,
    ...(program.assembly ? { assembly: program.assembly } : {}),
    ...(program.guest.loadAddress !== undefined ? { loadAddress: program.guest.loadAddress } : {}),
    symbols: program.guest.symbols,
    get symbolFiles() {
      return symbolFiles();
    },
    serial: merged,
    wires,
    locate: (linear) => sourceLine(program.assembly, symbolFiles(), linear),
    notes: program.notes,
    devices: () => deviceStates(board),
    screen: () => board.screen(),
    typeKeys: (text) => void board.typeKeys(text),
    picture: (into) => board.vga.picture(into),
    pressKey: (code, down) => board.pressKey(code, down),
    moveMouse: (motion) => board.moveMouse(motion),
    serialInput(bytes, port) {
      if (port !== 'hypercall') receive(board, bytes, port);
      if (port === undefined || port === 'hypercall') typed?.receive(bytes);
    },
    joinMessages(office) {
      if (vm.hypercalls) vm.hypercalls.mailbox.join(office);
      else office.join();
    },
    ...end(program, config.persist),
  };
}

/** A guest that was changed to run on a hypervisor may as well know which; the others are to run as on a PC. */
const KVM_BY_DEFAULT: readonly string[] = ['pv'];
const showsKvm = ({ hypervisor, technique }: Configuration): boolean => (hypervisor === undefined ? KVM_BY_DEFAULT.includes(technique) : hypervisor === 'kvm');

function allocate(ram: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil((RAM + ram + ROM_BYTES + VIDEO_MEMORY) / 65536), maximum: MAXIMUM_PAGES });
  } catch {
    throw new UserError('launch.memory', `memory: the host cannot provide ${ram / MIB} MiB for the guest`);
  }
}

function setA20(vm: VirtualMachine, enabled: boolean): void {
  vm.physical.a20Mask = enabled ? 0xffffffff : 0xffefffff;
  vm.linear.remapped();
  vm.engine.cache.clear('A20 gate moved');
}

/** What happens to disks and other files when the session ends. */
function end({ drives, symbols }: Program, keep: boolean): Pick<Machine, 'persist' | 'dispose'> {
  let closed = false;
  const persist = (): void => {
    if (keep && !closed) for (const { image, persistent } of drives) if (persistent) image.persist();
  };
  const dispose = (): void => {
    try {
      persist();
    } finally {
      if (!closed) for (const { image } of drives) image.close();
      symbols.close();
      closed = true;
    }
  };
  return { persist, dispose };
}

/** What a user reads as the guest's output. */
const MERGED: readonly SerialPort[] = ['COM1', 'E9h', 'hvc0', 'hypercall'];

function wiresOf(board: Board): Record<SerialPort, Emitter<Uint8Array>> {
  const bytewise = (source: Emitter<number>): Emitter<Uint8Array> => {
    const bytes = new Emitter<Uint8Array>();
    source.on((byte) => bytes.fire(Uint8Array.of(byte)));
    return bytes;
  };
  return {
    COM1: bytewise(board.serial),
    COM2: bytewise(board.uart1.output),
    E9h: bytewise(board.console),
    hvc0: board.virtio.console?.output ?? new Emitter(),
    hypercall: new Emitter(),
  };
}

/** What the user types goes to the virtio console as soon as a driver is there, to serial port 1 before and without one. */
function receive(board: Board, bytes: Uint8Array, port?: SerialPort): void {
  const { console } = board.virtio;
  if (port === 'COM2') board.uart1.receive(bytes);
  else if (console?.open && port !== 'COM1') console.receive(bytes);
  else board.receiveSerial(bytes);
}

/** Device state as text, typed arrays by content. */
const describe = (board: Board, vm: VirtualMachine): string =>
  JSON.stringify({ ...board.save(), ...describeInterfaces(vm) }, (_, value) => (value instanceof Uint8Array ? arrayText(value) : value));

/** Of paravirtual interfaces that the guest has used; without that a machine is like any other. */
const describeInterfaces = ({ hypercalls, kvm }: VirtualMachine): DeviceState => ({
  ...(hypercalls?.used ? { paravirtual: hypercalls.save() } : {}),
  ...(kvm && !kvm.untouched ? { kvm: kvm.save() } : {}),
});

/** Large ones hashed. */
const arrayText = (bytes: Uint8Array): string => (bytes.length % 4 || bytes.length < PAGE ? bytes.join() : new StateHash().words(new Int32Array(bytes.slice().buffer)).hex());

function setInitialState(vm: VirtualMachine, { mode, registers }: InitialState): void {
  const { cpu, context } = vm;
  const value = (name: string): number => registers[name] ?? 0;
  REGISTERS_32.forEach((name, n) => cpu.setReg(n, value(name)));
  if (mode === 'flat32') {
    cpu.set(CPU.GDTR_BASE, value('gdtr.base'));
    cpu.set(CPU.GDTR_LIMIT, value('gdtr.limit'));
    cpu.set(CPU.CR0, CR0_ET | CR0_PE);
    context.stateChanged('translation');
  }
  SEGMENT_REGISTERS.forEach((name, s) => {
    const selector = value(name);
    if (mode === 'real') return cpu.setSegment(s, realModeSegment(context, s, selector));
    const at = value('gdtr.base') + (selector & 0xfff8);
    const d = parseDescriptor(vm.physical.read(at, 4), vm.physical.read(at + 4, 4), at);
    cpu.setSegment(s, { selector, base: d.base, limit: d.limit, attributes: d.attributes });
  });
  cpu.eflags = value('eflags');
  cpu.eip = value('eip');
  context.stateChanged('privilege');
}
