/** A virtual-machine control structure: what the VMM decides about a guest, and what the processor reports. SDM Vol. 3, chapter 24. */
import type { ExecutionContext } from '../../semantics/system/context';
import { CR0_CD, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_WP, CR4_MCE, CR4_PAE, CR4_PGE, CR4_PSE, CR4_VME } from '../../x86/flags';
import { AC, DB, PF, UD } from '../../x86/exceptions';
import { ControlCapabilities, type ControlName, controlBit } from './controls';
import { type VmcsFieldName, fieldOf } from './fields';
import { CR0_FIXED, CR4_FIXED, CR4_VMXE, GUEST_STATE } from './guestState';
import { VmmMemory } from './vmmMemory';

const MC = 18;
const PAGE = 4096;
/** MSR bitmaps: a quarter each for reads of low and high MSRs, then writes of them (SDM Vol. 3, 24.6.9). */
const MSR_QUARTER = 1024;
const LOW_MSRS = 0x1fff;
const HIGH_MSRS = 0xc0000000;

/** As a hypervisor for unmodified guests sets them, KVM for one: every port and MSR is looked at, few exceptions, no CR3. */
const DEFAULT_CONTROLS: readonly ControlName[] = [
  'externalInterruptExiting',
  'nmiExiting',
  'virtualNmis',
  'useTscOffsetting',
  'hltExiting',
  'rdpmcExiting',
  'movDrExiting',
  'useIoBitmaps',
  'useMsrBitmaps',
  'activateSecondaryControls',
  'enableVpid',
  'wbinvdExiting',
  'saveDebugControls',
  'loadDebugControls',
  'acknowledgeInterruptOnExit',
];
const NESTED_PAGING: readonly ControlName[] = ['enableEpt', 'unrestrictedGuest'];
/** Shadow page tables need to hear of whatever changes a translation. */
const SHADOW_PAGING: readonly ControlName[] = ['invlpgExiting', 'cr3LoadExiting', 'cr3StoreExiting'];

/** MSRs that a guest may use without an exit: those of SYSENTER. */
const FREE_MSRS = [0x174, 0x175, 0x176];

export class Vmcs {
  readonly memory = new VmmMemory();
  readonly #values = new Map<VmcsFieldName, number>();
  /** Fixed bits that an edit of a guest control register left out. */
  readonly #missing = new Map<VmcsFieldName, number>();
  /** Changes with every control: part of the translation policy's key. */
  version = 0;
  /** Written since the last VM entry: to be checked at the next. */
  changed = true;

  readonly capabilities: ControlCapabilities;
  /** What guest state is on the processor where that is not what the guest believes. */
  guestField: (name: VmcsFieldName, believed: number) => number = (_, believed) => believed;

  /** `nestedPaging`: false for a processor of the first generation. */
  constructor(
    readonly context: ExecutionContext,
    nestedPaging = true,
  ) {
    this.capabilities = new ControlCapabilities(!nestedPaging);
    this.#initialize(nestedPaging);
  }

  #initialize(nestedPaging: boolean): void {
    for (const [field, ones] of Object.entries(this.capabilities.ones)) this.#values.set(field as VmcsFieldName, ones);
    for (const name of [...DEFAULT_CONTROLS, ...(nestedPaging ? NESTED_PAGING : SHADOW_PAGING)]) if (this.capabilities.has(controlBit(name))) this.setControl(name, true);
    const page = (): number => this.memory.allocatePage();
    const initial: Partial<Record<VmcsFieldName, number>> = {
      vpid: 1,
      ioBitmapA: page(),
      ioBitmapB: page(),
      msrBitmaps: page(),
      entryMsrLoadAddress: page(),
      vmcsLinkPointer: -1,
      exceptionBitmap: (1 << DB) | (1 << UD) | (1 << AC) | (1 << MC) | (nestedPaging ? 0 : 1 << PF),
      cr0Mask: CR0_PE | CR0_NE | CR0_NW | CR0_CD | CR0_PG | (nestedPaging ? 0 : CR0_WP),
      cr4Mask: CR4_VME | CR4_PSE | CR4_PAE | CR4_MCE | CR4_VMXE | (nestedPaging ? 0 : CR4_PGE),
      hostCr0: CR0_PE | CR0_NE | CR0_WP | CR0_PG,
      hostCr3: 0x1000,
      hostCr4: CR4_VMXE | CR4_PAE,
      hostCs: 0x10,
      hostSs: 0x18,
      hostDs: 0x18,
      hostEs: 0x18,
      hostTr: 0x40,
      hostTrBase: 0xfffe0000,
      hostGdtrBase: 0xfffe1000,
      hostIdtrBase: 0xfffe2000,
      hostEsp: 0xfffdf000,
      hostEip: 0xfffc0000,
    };
    for (const [name, value] of Object.entries(initial)) this.#values.set(name as VmcsFieldName, this.#fit(name as VmcsFieldName, value));
    this.memory.bytes(this.read('ioBitmapA'), PAGE).fill(0xff);
    this.memory.bytes(this.read('ioBitmapB'), PAGE).fill(0xff);
    this.memory.bytes(this.read('msrBitmaps'), PAGE).fill(0xff);
    for (const msr of FREE_MSRS) this.interceptMsr(msr, false);
  }

  #fit(name: VmcsFieldName, value: number): number {
    const { width } = fieldOf(name);
    return width === 64 ? value : width === 32 ? value >>> 0 : value & 0xffff;
  }

  /** 64-bit fields are exact to 53 bits; the TSC offset and the link pointer may be negative. */
  read(name: VmcsFieldName): number {
    const value = this.guestField(name, GUEST_STATE.get(name)?.read(this.context) ?? this.#values.get(name) ?? 0);
    const missing = this.#missing.get(name);
    return missing ? (value & ~missing) >>> 0 : value;
  }

  /** What the processor or the VMM itself notes: nothing to check. */
  note(name: VmcsFieldName, value: number): void {
    this.#values.set(name, this.#fit(name, value));
  }

  write(name: VmcsFieldName, value: number): void {
    const fitted = this.#fit(name, value);
    const state = GUEST_STATE.get(name);
    if (state) state.write(this.context, fitted);
    else this.#values.set(name, fitted);
    if (name === 'guestCr0') this.#missing.set(name, CR0_FIXED & ~fitted);
    if (name === 'guestCr4') this.#missing.set(name, CR4_FIXED & ~fitted);
    this.touch();
  }

  /** Controls changed: translated code may no longer be what they ask for. */
  touch(): void {
    this.version++;
    this.changed = true;
  }

  has(name: ControlName): boolean {
    const { field, bit } = controlBit(name);
    return ((this.#values.get(field) ?? 0) & (1 << bit)) !== 0;
  }

  setControl(name: ControlName, on: boolean): void {
    const { field, bit } = controlBit(name);
    const before = this.#values.get(field) ?? 0;
    this.#values.set(field, (on ? before | (1 << bit) : before & ~(1 << bit)) >>> 0);
    this.touch();
  }

  /** Does any of the `size` ports from `port` have its bit set? Ports that wrap always exit (SDM Vol. 3, 25.1.3). */
  interceptsPort(port: number, size: number): boolean {
    if (port + size > 0x10000) return true;
    for (let n = port; n < port + size; n++) {
      const page = this.#vmmPage(n < 0x8000 ? 'ioBitmapA' : 'ioBitmapB');
      if (!page || page[(n & 0x7fff) >> 3] & (1 << (n & 7))) return true;
    }
    return false;
  }

  interceptPort(port: number, on: boolean): void {
    const page = this.#vmmPage(port < 0x8000 ? 'ioBitmapA' : 'ioBitmapB');
    if (page) setBit(page, port & 0x7fff, on);
    this.touch();
  }

  interceptsMsr(msr: number, write: boolean): boolean {
    const at = msrBit(msr, write);
    const page = this.#vmmPage('msrBitmaps');
    return at < 0 || !page || (page[at >> 3] & (1 << (at & 7))) !== 0;
  }

  interceptMsr(msr: number, on: boolean): void {
    const page = this.#vmmPage('msrBitmaps');
    for (const write of [false, true]) if (page && msrBit(msr, write) >= 0) setBit(page, msrBit(msr, write), on);
    this.touch();
  }

  /** The page a field points at, if the VMM has one there. */
  #vmmPage(name: VmcsFieldName): Uint8Array | undefined {
    const at = this.read(name);
    return this.memory.holds(at, PAGE) ? this.memory.bytes(at, PAGE) : undefined;
  }
}

function setBit(page: Uint8Array, bit: number, on: boolean): void {
  if (on) page[bit >> 3] |= 1 << (bit & 7);
  else page[bit >> 3] &= ~(1 << (bit & 7));
}

/** Place of an MSR's bit in the four bitmaps, or -1 outside their ranges. */
function msrBit(msr: number, write: boolean): number {
  const high = msr >= HIGH_MSRS && msr <= HIGH_MSRS + LOW_MSRS;
  if (!high && msr > LOW_MSRS) return -1;
  return 8 * MSR_QUARTER * ((write ? 2 : 0) + (high ? 1 : 0)) + (msr & LOW_MSRS);
}
