/** The bits of the VM-execution, VM-exit and VM-entry controls. SDM Vol. 3, tables 24-5 to 24-13; A.3 to A.5 for the fixed ones. */
import type { VmcsFieldName } from './fields';

export interface ControlBit {
  readonly field: VmcsFieldName;
  readonly bit: number;
  readonly name: string;
  /** The SDM's name. */
  readonly title: string;
}

type Rows = readonly (readonly [bit: number, name: string, title: string])[];

const PIN = [
  [0, 'externalInterruptExiting', 'External-interrupt exiting'],
  [3, 'nmiExiting', 'NMI exiting'],
  [5, 'virtualNmis', 'Virtual NMIs'],
  [6, 'activatePreemptionTimer', 'Activate VMX-preemption timer'],
] as const satisfies Rows;

const PRIMARY = [
  [2, 'interruptWindowExiting', 'Interrupt-window exiting'],
  [3, 'useTscOffsetting', 'Use TSC offsetting'],
  [7, 'hltExiting', 'HLT exiting'],
  [9, 'invlpgExiting', 'INVLPG exiting'],
  [11, 'rdpmcExiting', 'RDPMC exiting'],
  [12, 'rdtscExiting', 'RDTSC exiting'],
  [15, 'cr3LoadExiting', 'CR3-load exiting'],
  [16, 'cr3StoreExiting', 'CR3-store exiting'],
  [22, 'nmiWindowExiting', 'NMI-window exiting'],
  [23, 'movDrExiting', 'MOV-DR exiting'],
  [24, 'unconditionalIoExiting', 'Unconditional I/O exiting'],
  [25, 'useIoBitmaps', 'Use I/O bitmaps'],
  [27, 'monitorTrapFlag', 'Monitor trap flag'],
  [28, 'useMsrBitmaps', 'Use MSR bitmaps'],
  [31, 'activateSecondaryControls', 'Activate secondary controls'],
] as const satisfies Rows;

const SECONDARY = [
  [1, 'enableEpt', 'Enable EPT'],
  [2, 'descriptorTableExiting', 'Descriptor-table exiting'],
  [5, 'enableVpid', 'Enable VPID'],
  [6, 'wbinvdExiting', 'WBINVD exiting'],
  [7, 'unrestrictedGuest', 'Unrestricted guest'],
] as const satisfies Rows;

const EXIT = [
  [2, 'saveDebugControls', 'Save debug controls'],
  [15, 'acknowledgeInterruptOnExit', 'Acknowledge interrupt on exit'],
  [22, 'savePreemptionTimer', 'Save VMX-preemption timer value'],
] as const satisfies Rows;

const ENTRY = [[2, 'loadDebugControls', 'Load debug controls']] as const satisfies Rows;

const TABLES = { pinControls: PIN, primaryControls: PRIMARY, secondaryControls: SECONDARY, exitControls: EXIT, entryControls: ENTRY } as const;
type ControlField = keyof typeof TABLES;

export type ControlName = { [F in ControlField]: (typeof TABLES)[F][number][1] }[ControlField];

export const CONTROL_BITS: readonly ControlBit[] = (Object.entries(TABLES) as [ControlField, Rows][]).flatMap(([field, rows]) =>
  rows.map(([bit, name, title]) => ({ field, bit, name, title })),
);

const BY_NAME = new Map(CONTROL_BITS.map((row) => [row.name, row]));
export const controlBit = (name: ControlName): ControlBit => BY_NAME.get(name)!;
export const findControl = (text: string): ControlBit | undefined => BY_NAME.get(text) ?? CONTROL_BITS.find((row) => row.name.toLowerCase() === text.toLowerCase());
export const bitsOf = (field: VmcsFieldName): readonly ControlBit[] => CONTROL_BITS.filter((row) => row.field === field);

/** Bits that must be one, whatever they once meant (the IA32_VMX_TRUE_… capabilities: CR3 exiting may be zero). */
export const ONES: Readonly<Partial<Record<VmcsFieldName, number>>> = {
  pinControls: 0x00000016,
  primaryControls: 0x04006172,
  secondaryControls: 0,
  exitControls: 0x00036dfb,
  entryControls: 0x000011fb,
};

/** The first processors with VT-x (Pentium 4 662 and 672, 2005): no way to switch CR3 exiting off. */
const FIRST_ONES: typeof ONES = { ...ONES, primaryControls: 0x0401e172 };

/** What came with later ones: secondary controls with all they hold, virtual NMIs, the preemption timer, the monitor trap flag. */
const LATER: readonly ControlName[] = ['virtualNmis', 'activatePreemptionTimer', 'nmiWindowExiting', 'monitorTrapFlag', 'activateSecondaryControls', 'savePreemptionTimer'];

/** What controls the modelled processor has: the first generation, or one with all that the tables name. */
export class ControlCapabilities {
  constructor(readonly firstGeneration: boolean) {}

  /** Bits that must be one, by field. */
  get ones(): typeof ONES {
    return this.firstGeneration ? FIRST_ONES : ONES;
  }

  has({ field, name }: Pick<ControlBit, 'field' | 'name'>): boolean {
    return !this.firstGeneration || (field !== 'secondaryControls' && !LATER.includes(name as ControlName));
  }

  /** Bits that may be one. */
  allowedOnes(field: VmcsFieldName): number {
    return (
      bitsOf(field)
        .filter((row) => this.has(row))
        .reduce((mask, { bit }) => mask | (1 << bit), this.ones[field] ?? 0) >>> 0
    );
  }
}
