/** The exception filters: one superset for all techniques, because a client asks for them once, before launch. */
import type { TechniqueId } from '../protocol/techniques';
import type { VmmEventKind } from '../protocol/vmmEvent';

export interface ExceptionFilter {
  readonly filter: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  readonly kinds: readonly VmmEventKind[];
  /** Of faults, only those that no handler of the guest’s gets. */
  readonly unhandled?: true;
  /** Where such events can happen at all. */
  readonly techniques: readonly TechniqueId[];
}

const EVERYWHERE: readonly TechniqueId[] = ['bare', 'trap', 'bt', 'hvm', 'pv'];

export const EXCEPTION_FILTERS: readonly ExceptionFilter[] = [
  {
    filter: 'sensitive',
    label: 'Sensitive instruction',
    description: 'Before an instruction that reads or changes privileged state, whatever the technique does with it.',
    default: false,
    kinds: ['sensitive', 'silent', 'trap', 'callout', 'inline', 'vmExit'],
    techniques: EVERYWHERE,
  },
  {
    filter: 'trap',
    label: 'Trap to the VMM',
    description: 'A privileged instruction in user mode faulted; the VMM is about to emulate it.',
    default: false,
    kinds: ['trap'],
    techniques: ['trap', 'bt', 'pv'],
  },
  {
    filter: 'callout',
    label: 'Callout to the VMM',
    description: 'A translated block ended in an instruction that the VMM emulates.',
    default: false,
    kinds: ['callout'],
    techniques: ['bt'],
  },
  {
    filter: 'vmExit',
    label: 'VM exit',
    description: 'The guest is about to leave non-root mode, for whatever reason the VMCS asks for.',
    default: false,
    kinds: ['vmExit'],
    techniques: ['hvm'],
  },
  {
    filter: 'silent',
    label: 'Silent misbehaviour',
    description: 'A sensitive instruction that does not trap runs in user mode and does something other than on bare metal.',
    default: true,
    kinds: ['silent'],
    techniques: ['trap', 'pv'],
  },
  {
    filter: 'guestFault',
    label: 'Guest fault',
    description: 'An exception is delivered to the guest: #GP, #PF, #UD, #DE …',
    default: false,
    kinds: ['guestFault'],
    techniques: EVERYWHERE,
  },
  {
    filter: 'unhandledFault',
    label: 'Guest fault without a handler',
    description: 'An exception in real mode while its interrupt vector still leads to the BIOS, which can only halt the machine. INT n is no exception.',
    default: true,
    kinds: ['guestFault'],
    unhandled: true,
    techniques: EVERYWHERE,
  },
  {
    filter: 'tripleFault',
    label: 'Triple fault',
    description: 'A fault while delivering a double fault: the processor shuts down.',
    default: true,
    kinds: ['tripleFault'],
    techniques: EVERYWHERE,
  },
];
