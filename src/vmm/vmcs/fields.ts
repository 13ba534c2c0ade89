/**
 * The fields of a virtual-machine control structure: encoding, width, name. SDM Vol. 3, appendix B. Fields of features that
 * the modelled processor does not have (posted interrupts, virtual APIC pages, SMM, EFER) are left out.
 */

/** Bits; `natural` fields have 32 on this processor. */
export type FieldWidth = 16 | 32 | 64;

/** `control`: the VMM sets it. `exit`: the processor writes it on a VM exit, read-only. `guest`, `host`: state of each side. */
export type FieldArea = 'control' | 'exit' | 'guest' | 'host';

export interface VmcsField {
  readonly encoding: number;
  readonly width: FieldWidth;
  readonly area: FieldArea;
  readonly name: VmcsFieldName;
  /** The SDM's name. */
  readonly title: string;
}

type Row = readonly [encoding: number, name: string, title: string];

const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
type Segment = (typeof SEGMENTS)[number];

// biome-ignore format: a table
const ROWS = [
  [0x0000, 'vpid', 'Virtual-processor identifier'],
  [0x0c00, 'hostEs', 'Host ES selector'],
  [0x0c02, 'hostCs', 'Host CS selector'],
  [0x0c04, 'hostSs', 'Host SS selector'],
  [0x0c06, 'hostDs', 'Host DS selector'],
  [0x0c08, 'hostFs', 'Host FS selector'],
  [0x0c0a, 'hostGs', 'Host GS selector'],
  [0x0c0c, 'hostTr', 'Host TR selector'],
  [0x2000, 'ioBitmapA', 'Address of I/O bitmap A'],
  [0x2002, 'ioBitmapB', 'Address of I/O bitmap B'],
  [0x2004, 'msrBitmaps', 'Address of MSR bitmaps'],
  [0x200a, 'entryMsrLoadAddress', 'VM-entry MSR-load address'],
  [0x2010, 'tscOffset', 'TSC offset'],
  [0x201a, 'eptPointer', 'EPT pointer'],
  [0x2400, 'guestPhysicalAddress', 'Guest-physical address'],
  [0x2800, 'vmcsLinkPointer', 'VMCS link pointer'],
  [0x2802, 'guestDebugctl', 'Guest IA32_DEBUGCTL'],
  [0x280a, 'guestPdpte0', 'Guest PDPTE0'],
  [0x280c, 'guestPdpte1', 'Guest PDPTE1'],
  [0x280e, 'guestPdpte2', 'Guest PDPTE2'],
  [0x2810, 'guestPdpte3', 'Guest PDPTE3'],
  [0x4000, 'pinControls', 'Pin-based VM-execution controls'],
  [0x4002, 'primaryControls', 'Primary processor-based VM-execution controls'],
  [0x4004, 'exceptionBitmap', 'Exception bitmap'],
  [0x4006, 'pfecMask', 'Page-fault error-code mask'],
  [0x4008, 'pfecMatch', 'Page-fault error-code match'],
  [0x400a, 'cr3TargetCount', 'CR3-target count'],
  [0x400c, 'exitControls', 'VM-exit controls'],
  [0x4012, 'entryControls', 'VM-entry controls'],
  [0x4014, 'entryMsrLoadCount', 'VM-entry MSR-load count'],
  [0x4016, 'entryInterruptionInfo', 'VM-entry interruption-information field'],
  [0x4018, 'entryErrorCode', 'VM-entry exception error code'],
  [0x401a, 'entryInstructionLength', 'VM-entry instruction length'],
  [0x401e, 'secondaryControls', 'Secondary processor-based VM-execution controls'],
  [0x4400, 'instructionError', 'VM-instruction error'],
  [0x4402, 'exitReason', 'Exit reason'],
  [0x4404, 'exitInterruptionInfo', 'VM-exit interruption information'],
  [0x4406, 'exitInterruptionErrorCode', 'VM-exit interruption error code'],
  [0x4408, 'idtVectoringInfo', 'IDT-vectoring information field'],
  [0x440a, 'idtVectoringErrorCode', 'IDT-vectoring error code'],
  [0x440c, 'exitInstructionLength', 'VM-exit instruction length'],
  [0x440e, 'exitInstructionInfo', 'VM-exit instruction information'],
  [0x4810, 'guestGdtrLimit', 'Guest GDTR limit'],
  [0x4812, 'guestIdtrLimit', 'Guest IDTR limit'],
  [0x4824, 'guestInterruptibility', 'Guest interruptibility state'],
  [0x4826, 'guestActivity', 'Guest activity state'],
  [0x482a, 'guestSysenterCs', 'Guest IA32_SYSENTER_CS'],
  [0x482e, 'preemptionTimer', 'VMX-preemption timer value'],
  [0x4c00, 'hostSysenterCs', 'Host IA32_SYSENTER_CS'],
  [0x6000, 'cr0Mask', 'CR0 guest/host mask'],
  [0x6002, 'cr4Mask', 'CR4 guest/host mask'],
  [0x6004, 'cr0Shadow', 'CR0 read shadow'],
  [0x6006, 'cr4Shadow', 'CR4 read shadow'],
  [0x6008, 'cr3Target0', 'CR3-target value 0'],
  [0x600a, 'cr3Target1', 'CR3-target value 1'],
  [0x600c, 'cr3Target2', 'CR3-target value 2'],
  [0x600e, 'cr3Target3', 'CR3-target value 3'],
  [0x6400, 'exitQualification', 'Exit qualification'],
  [0x640a, 'guestLinearAddress', 'Guest-linear address'],
  [0x6800, 'guestCr0', 'Guest CR0'],
  [0x6802, 'guestCr3', 'Guest CR3'],
  [0x6804, 'guestCr4', 'Guest CR4'],
  [0x6816, 'guestGdtrBase', 'Guest GDTR base'],
  [0x6818, 'guestIdtrBase', 'Guest IDTR base'],
  [0x681a, 'guestDr7', 'Guest DR7'],
  [0x681c, 'guestEsp', 'Guest RSP'],
  [0x681e, 'guestEip', 'Guest RIP'],
  [0x6820, 'guestEflags', 'Guest RFLAGS'],
  [0x6822, 'pendingDebug', 'Guest pending debug exceptions'],
  [0x6824, 'guestSysenterEsp', 'Guest IA32_SYSENTER_ESP'],
  [0x6826, 'guestSysenterEip', 'Guest IA32_SYSENTER_EIP'],
  [0x6c00, 'hostCr0', 'Host CR0'],
  [0x6c02, 'hostCr3', 'Host CR3'],
  [0x6c04, 'hostCr4', 'Host CR4'],
  [0x6c06, 'hostFsBase', 'Host FS base'],
  [0x6c08, 'hostGsBase', 'Host GS base'],
  [0x6c0a, 'hostTrBase', 'Host TR base'],
  [0x6c0c, 'hostGdtrBase', 'Host GDTR base'],
  [0x6c0e, 'hostIdtrBase', 'Host IDTR base'],
  [0x6c10, 'hostSysenterEsp', 'Host IA32_SYSENTER_ESP'],
  [0x6c12, 'hostSysenterEip', 'Host IA32_SYSENTER_EIP'],
  [0x6c14, 'hostEsp', 'Host RSP'],
  [0x6c16, 'hostEip', 'Host RIP'],
] as const satisfies readonly Row[];

/** `guestCsBase`: selector, base, limit and access rights of each segment register. */
export type SegmentField = `guest${Capitalize<Segment>}${'Selector' | 'Base' | 'Limit' | 'AccessRights'}`;
export type VmcsFieldName = (typeof ROWS)[number][1] | SegmentField;

const SEGMENT_PARTS = [
  [0x0800, 'Selector', 'selector'],
  [0x4800, 'Limit', 'limit'],
  [0x4814, 'AccessRights', 'access rights'],
  [0x6806, 'Base', 'base'],
] as const;

const capitalized = (name: string): string => name[0].toUpperCase() + name.slice(1);

export const segmentField = (segment: number, part: (typeof SEGMENT_PARTS)[number][1]): VmcsFieldName => `guest${capitalized(SEGMENTS[segment])}${part}` as VmcsFieldName;

const segmentRows = SEGMENT_PARTS.flatMap(([first, part, title]) =>
  SEGMENTS.map((segment, n): Row => [first + 2 * n, segmentField(n, part), `Guest ${segment.toUpperCase()} ${title}`]),
);

/** Bits 11:10 of an encoding say the area, 14:13 the width (SDM Vol. 3, table 24-21). */
const AREAS: readonly FieldArea[] = ['control', 'exit', 'guest', 'host'];
const WIDTHS: readonly FieldWidth[] = [16, 64, 32, 32];

export const VMCS_FIELDS: readonly VmcsField[] = [...ROWS, ...segmentRows]
  .map(([encoding, name, title]: Row): VmcsField => ({ encoding, name: name as VmcsFieldName, title, area: AREAS[(encoding >> 10) & 3], width: WIDTHS[(encoding >> 13) & 3] }))
  .sort((a, b) => a.encoding - b.encoding);

export const isNatural = ({ encoding }: VmcsField): boolean => encoding >> 13 === 3;

const BY_NAME = new Map(VMCS_FIELDS.map((field) => [field.name, field]));

/** The field of this name, or with this encoding in hexadecimal (`0x4002`); upper and lower case are the same. */
export function findField(text: string): VmcsField | undefined {
  const encoding = /^(?:0x([\da-f]{1,4})|([\da-f]{1,5})h)$/i.exec(text);
  if (encoding) return VMCS_FIELDS.find((field) => field.encoding === Number.parseInt(encoding[1] ?? encoding[2], 16));
  return BY_NAME.get(text as VmcsFieldName) ?? VMCS_FIELDS.find((field) => field.name.toLowerCase() === text.toLowerCase());
}

export const fieldOf = (name: VmcsFieldName): VmcsField => BY_NAME.get(name)!;
