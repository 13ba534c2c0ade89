/** Event breakpoints to choose from: function breakpoints whose name says what to stop on. The debug adapter reads the names. Pure: no `vscode`. */
import { once } from '../base/once';
import { EVENT_KINDS } from '../protocol/eventKinds';
import { VMM_EVENT_KINDS } from '../protocol/vmmEvent';
import { EXIT_REASONS, instructions } from './instructionFacts';
import { msg, t } from './text';

export interface EventChoice {
  /** The breakpoint's name: `insn:cli`, `int:0x21`, `port:0x60`. */
  readonly name: string;
  readonly description: string;
  readonly group: 'Instructions' | 'Events of the VMM' | 'Registers' | 'Interrupts' | 'Ports' | 'VT-x exit reasons';
}

const INTERRUPTS: readonly (readonly [vector: number, meaning: string])[] = [
  [0x08, msg('timer, IRQ 0 under the BIOS')],
  [0x09, msg('keyboard, IRQ 1 under the BIOS')],
  [0x10, msg('BIOS video services')],
  [0x13, msg('BIOS disk services')],
  [0x15, msg('BIOS system services')],
  [0x16, msg('BIOS keyboard services')],
  [0x21, msg('DOS services')],
  [0x80, msg('system call of Linux and many teaching kernels')],
  [0x0d, msg('#GP general protection')],
  [0x0e, msg('#PF page fault')],
];

const PORTS: readonly (readonly [port: number, meaning: string])[] = [
  [0x20, msg('master interrupt controller')],
  [0x40, msg('timer channel 0')],
  [0x43, msg('timer control')],
  [0x60, msg('keyboard data')],
  [0x64, msg('keyboard controller status')],
  [0x70, msg('real-time clock index')],
  [0x1f7, msg('disk status and command')],
  [0x3f8, msg('serial port 1')],
];

const REGISTERS: readonly (readonly [name: string, meaning: string])[] = [
  ['cr:0', msg('CR0 is written: protection, paging, task switched')],
  ['cr:3', msg('CR3 is written: another address space')],
  ['cr:4', msg('CR4 is written')],
  ['dr:7', msg('DR7 is written: hardware breakpoints')],
];

const hex = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;

/** Mnemonics that a hypervisor cares about whatever their operands, port I/O apart. */
const sensitiveMnemonics = (): EventChoice[] =>
  Object.entries(instructions())
    .filter(([, facts]) => !facts.of && facts.cases.every((c) => c.kind !== 'innocuous'))
    .map(([mnemonic, facts]) => ({ name: `insn:${mnemonic}`, description: `${facts.cases[0].kind}: ${facts.cases[0].bare ?? ''}`, group: 'Instructions' as const }));

export const eventChoices = once((): readonly EventChoice[] => [
  ...sensitiveMnemonics(),
  ...VMM_EVENT_KINDS.map((kind) => ({ name: `event:${kind}`, description: t(EVENT_KINDS[kind].name), group: 'Events of the VMM' as const })),
  ...REGISTERS.map(([name, description]) => ({ name, description: t(description), group: 'Registers' as const })),
  ...INTERRUPTS.map(([vector, meaning]) => ({ name: `int:${hex(vector)}`, description: t(meaning), group: 'Interrupts' as const })),
  ...PORTS.map(([port, meaning]) => ({ name: `port:${hex(port)}`, description: t(meaning), group: 'Ports' as const })),
  ...EXIT_REASONS.map((name) => ({ name: `exit:${name}`, description: '', group: 'VT-x exit reasons' as const })),
]);
