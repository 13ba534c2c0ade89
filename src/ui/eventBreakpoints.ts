/** Event breakpoints to choose from: function breakpoints whose name says what to stop on. The debug adapter reads the names. Pure: no `vscode`. */
import { once } from '../base/once';
import { EVENT_KINDS } from '../protocol/eventKinds';
import { VMM_EVENT_KINDS } from '../protocol/vmmEvent';
import { EXIT_REASONS, instructions } from './instructionFacts';

export interface EventChoice {
  /** The breakpoint's name: `insn:cli`, `int:0x21`, `port:0x60`. */
  readonly name: string;
  readonly description: string;
  readonly group: 'Instructions' | 'Events of the VMM' | 'Registers' | 'Interrupts' | 'Ports' | 'VT-x exit reasons';
}

const INTERRUPTS: readonly (readonly [vector: number, meaning: string])[] = [
  [0x08, 'timer, IRQ 0 under the BIOS'],
  [0x09, 'keyboard, IRQ 1 under the BIOS'],
  [0x10, 'BIOS video services'],
  [0x13, 'BIOS disk services'],
  [0x15, 'BIOS system services'],
  [0x16, 'BIOS keyboard services'],
  [0x21, 'DOS services'],
  [0x80, 'system call of Linux and many teaching kernels'],
  [0x0d, '#GP general protection'],
  [0x0e, '#PF page fault'],
];

const PORTS: readonly (readonly [port: number, meaning: string])[] = [
  [0x20, 'master interrupt controller'],
  [0x40, 'timer channel 0'],
  [0x43, 'timer control'],
  [0x60, 'keyboard data'],
  [0x64, 'keyboard controller status'],
  [0x70, 'real-time clock index'],
  [0x1f7, 'disk status and command'],
  [0x3f8, 'serial port 1'],
];

const REGISTERS: readonly (readonly [name: string, meaning: string])[] = [
  ['cr:0', 'CR0 is written: protection, paging, task switched'],
  ['cr:3', 'CR3 is written: another address space'],
  ['cr:4', 'CR4 is written'],
  ['dr:7', 'DR7 is written: hardware breakpoints'],
];

const hex = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;

/** Mnemonics that a hypervisor cares about whatever their operands, port I/O apart. */
const sensitiveMnemonics = (): EventChoice[] =>
  Object.entries(instructions())
    .filter(([, facts]) => !facts.of && facts.cases.every((c) => c.kind !== 'innocuous'))
    .map(([mnemonic, facts]) => ({ name: `insn:${mnemonic}`, description: `${facts.cases[0].kind}: ${facts.cases[0].bare ?? ''}`, group: 'Instructions' as const }));

export const eventChoices = once((): readonly EventChoice[] => [
  ...sensitiveMnemonics(),
  ...VMM_EVENT_KINDS.map((kind) => ({ name: `event:${kind}`, description: EVENT_KINDS[kind].name, group: 'Events of the VMM' as const })),
  ...REGISTERS.map(([name, description]) => ({ name, description, group: 'Registers' as const })),
  ...INTERRUPTS.map(([vector, meaning]) => ({ name: `int:${hex(vector)}`, description: meaning, group: 'Interrupts' as const })),
  ...PORTS.map(([port, meaning]) => ({ name: `port:${hex(port)}`, description: meaning, group: 'Ports' as const })),
  ...EXIT_REASONS.map((name) => ({ name: `exit:${name}`, description: '', group: 'VT-x exit reasons' as const })),
]);
