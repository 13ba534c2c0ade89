/** Guest state of the VMCS and where the CPU keeps it: the fields are the CPU's own cells, not copies. SDM Vol. 3, 24.4. */
import { setDebugCell } from '../../semantics/system/debug';
import type { ExecutionContext } from '../../semantics/system/context';
import { ATTR_P, CPU, INHIBIT_DEBUG } from '../../x86/cpuState';
import { CR0_ET, CR0_NE } from '../../x86/flags';
import { ESP } from '../../x86/registers';
import { type VmcsFieldName, segmentField } from './fields';

export const CR4_VMXE = 1 << 13;
/** Bits of CR0 and CR4 that VMX operation fixes to one (SDM Vol. 3, A.7 and A.8); unrestricted guests keep PE and PG to themselves. */
export const CR0_FIXED = CR0_NE | CR0_ET;
export const CR4_FIXED = CR4_VMXE;

/** Access-rights bit 16: the segment cannot be used. */
const UNUSABLE = 1 << 16;
/** Interruptibility state (SDM Vol. 3, table 24-3). */
export const BLOCKING_BY_STI = 1;
export const BLOCKING_BY_MOV_SS = 2;
export const BLOCKING_BY_NMI = 8;
export const ACTIVITY_HLT = 1;

interface GuestField {
  read(context: ExecutionContext): number;
  write(context: ExecutionContext, value: number): void;
}

const cell = (offset: number): GuestField => ({ read: ({ cpu }) => cpu.get(offset), write: ({ cpu }, value) => cpu.set(offset, value) });

/** CR0 and CR4 hold what the guest believes; the processor adds the bits that VMX fixes. */
const control = (offset: number, fixed: number): GuestField => ({
  read: ({ cpu }) => (cpu.get(offset) | fixed) >>> 0,
  write(context, value) {
    const own = context.cpu.get(offset) & fixed;
    context.cpu.set(offset, (value & ~fixed) | own);
    context.stateChanged('translation');
    context.stateChanged('privilege');
  },
});

const interruptibility: GuestField = {
  read({ cpu }) {
    const inhibit = cpu.get(CPU.INHIBIT);
    return (inhibit === INHIBIT_DEBUG ? BLOCKING_BY_MOV_SS : inhibit ? BLOCKING_BY_STI : 0) | (cpu.get(CPU.NMI_BLOCKED) ? BLOCKING_BY_NMI : 0);
  },
  write({ cpu }, value) {
    cpu.set(CPU.INHIBIT, value & BLOCKING_BY_MOV_SS ? INHIBIT_DEBUG : value & BLOCKING_BY_STI ? 1 : 0);
    cpu.set(CPU.NMI_BLOCKED, value & BLOCKING_BY_NMI ? 1 : 0);
  },
};

function segmentFields(segment: number): [VmcsFieldName, GuestField][] {
  const part = (key: 'selector' | 'base' | 'limit'): GuestField => ({
    read: ({ cpu }) => cpu.segment(segment)[key],
    write: ({ cpu }, value) => cpu.setSegment(segment, { ...cpu.segment(segment), [key]: value }),
  });
  const accessRights: GuestField = {
    read({ cpu }) {
      const { attributes } = cpu.segment(segment);
      return attributes & ATTR_P ? attributes & 0xf0ff : UNUSABLE;
    },
    write({ cpu }, value) {
      cpu.setSegment(segment, { ...cpu.segment(segment), attributes: value & UNUSABLE ? 0 : value & 0xf0ff });
    },
  };
  return [
    [segmentField(segment, 'Selector'), part('selector')],
    [segmentField(segment, 'Base'), part('base')],
    [segmentField(segment, 'Limit'), part('limit')],
    [segmentField(segment, 'AccessRights'), accessRights],
  ];
}

export const GUEST_STATE: ReadonlyMap<VmcsFieldName, GuestField> = new Map<VmcsFieldName, GuestField>([
  ['guestCr0', control(CPU.CR0, CR0_FIXED)],
  ['guestCr4', control(CPU.CR4, CR4_FIXED)],
  ['cr0Shadow', control(CPU.CR0, 0)],
  ['cr4Shadow', control(CPU.CR4, 0)],
  [
    'guestCr3',
    {
      read: ({ cpu }) => cpu.get(CPU.CR3),
      write(context, value) {
        context.cpu.set(CPU.CR3, value);
        context.stateChanged('addressSpace');
      },
    },
  ],
  ['guestDr7', { read: ({ cpu }) => cpu.get(CPU.DR0 + 28), write: (context, value) => setDebugCell(context, CPU.DR0 + 28, value) }],
  ['guestEsp', { read: ({ cpu }) => cpu.reg(ESP), write: ({ cpu }, value) => cpu.setReg(ESP, value) }],
  ['guestEip', cell(CPU.EIP)],
  [
    'guestEflags',
    {
      read: ({ cpu }) => cpu.eflags,
      write(context, value) {
        context.cpu.eflags = value;
        context.stateChanged('privilege');
      },
    },
  ],
  ['guestGdtrBase', cell(CPU.GDTR_BASE)],
  ['guestGdtrLimit', cell(CPU.GDTR_LIMIT)],
  ['guestIdtrBase', cell(CPU.IDTR_BASE)],
  ['guestIdtrLimit', cell(CPU.IDTR_LIMIT)],
  ['guestInterruptibility', interruptibility],
  ['guestActivity', cell(CPU.HALTED)],
  ['guestDebugctl', cell(CPU.DEBUG_CONTROL)],
  ['guestSysenterCs', cell(CPU.SYSENTER_CS)],
  ['guestSysenterEsp', cell(CPU.SYSENTER_ESP)],
  ['guestSysenterEip', cell(CPU.SYSENTER_EIP)],
  ['pendingDebug', cell(CPU.PENDING_DEBUG)],
  ...[0, 1, 2, 3].map((n): [VmcsFieldName, GuestField] => [
    `guestPdpte${n}` as VmcsFieldName,
    {
      read: ({ cpu }) => cpu.get(CPU.PDPTE + 8 * n) + cpu.get(CPU.PDPTE + 8 * n + 4) * 0x1_0000_0000,
      write(context, value) {
        context.cpu.set(CPU.PDPTE + 8 * n, value % 0x1_0000_0000);
        context.cpu.set(CPU.PDPTE + 8 * n + 4, Math.floor(value / 0x1_0000_0000));
        context.stateChanged('translation');
      },
    },
  ]),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap(segmentFields),
]);
