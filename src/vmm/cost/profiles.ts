/**
 * What things cost, in cycles: published measurements as rows, each with its source. A figure that nobody published
 * for that processor is an estimate and says so; `note` tells how it was reached.
 */
import type { TechniqueId } from '../../protocol/techniques';

export const COST_EVENTS = [
  'instruction', // an innocuous instruction runs directly
  'sensitive', // a sensitive or privileged instruction runs directly, on the processor itself
  'port', // port I/O that reaches a real device
  'trap', // a privileged instruction faults to the VMM, is decoded, emulated, and the guest resumes
  'callout', // translated code calls the VMM to emulate an instruction
  'inline', // translated code emulates the instruction itself: a port, the time
  'inlineState', // translated code loads or stores the virtual CPU's state
  'hypercall', // guest to hypervisor and back
  'vmExitRoundTrip', // VM exit and VM entry, nothing between
  'vmcsRead', // the VMM reads a field of the VMCS
  'exitService', // the VMM finds out what an exit is about and does it
  'indirectLookup', // translated code finds the target of a return in a table
  'blockDispatch', // a translated block ends, the VMM looks up and enters the next
  'translateInstruction', // one guest instruction is translated
  'interruptDelivery', // an external interrupt reaches the guest's handler
  'guestFault', // an exception reaches the guest's handler, and its IRET
  'pageFault', // a page fault that belongs to the guest
  'shadowFault', // a page fault that only the shadow page tables caused
  'tracedWrite', // the guest writes a page table that the VMM watches
  'adaptedAccess', // translated code calls the VMM where a store would hit a watched table
] as const;

export type CostEvent = (typeof COST_EVENTS)[number];

export interface Figure {
  readonly event: CostEvent;
  /** Only under this technique; without it, under every one that has no figure of its own. */
  readonly technique?: TechniqueId;
  readonly cycles: number;
  readonly source: string;
  /** True where no measurement on this processor was published. */
  readonly estimate?: true;
  readonly note?: string;
}

export interface CostProfile {
  readonly id: string;
  readonly name: string;
  readonly figures: readonly Figure[];
}

const ADAMS_AGESEN = 'Adams & Agesen, A Comparison of Software and Hardware Techniques for x86 Virtualization, ASPLOS 2006';
const NANO = `${ADAMS_AGESEN}, nanobenchmarks`;
const RDTSC = `${ADAMS_AGESEN}, RDTSC example`;
const EVOLUTION = 'Agesen et al., The Evolution of an x86 Virtual Machine Monitor, 2010';
const SOFTWARE_EXITS = 'Agesen et al., Software Techniques for Avoiding Hardware Virtualization Exits, USENIX ATC 2012';
const HYPERCALL = 'Amit, Wei & Tu, HotOS 2017, citing Dune';
const OURS = 'Ringside';

const row = (event: CostEvent, technique: TechniqueId | undefined, cycles: number, source: string): Figure => ({ event, ...(technique ? { technique } : {}), cycles, source });
const estimate = (event: CostEvent, technique: TechniqueId | undefined, cycles: number, source: string, note: string): Figure => ({
  ...row(event, technique, cycles, source),
  estimate: true,
  note,
});

/** Pentium 4 model 672, 3.8 GHz: the processor with the fullest published set. */
const PENTIUM_4_672: readonly Figure[] = [
  estimate('instruction', undefined, 1, OURS, 'One cycle each: innocuous instructions cost the same under every technique, so only their number matters.'),
  estimate('sensitive', undefined, 60, EVOLUTION, 'CLI on the Pentium 4; it stands for the others.'),
  row('port', undefined, 3209, `${NANO}, in: native`),
  row('trap', undefined, 2030, `${RDTSC}: trap-and-emulate`),
  row('callout', undefined, 1254, `${RDTSC}: callout`),
  row('inline', undefined, 216, `${RDTSC}: in the translation cache`),
  estimate(
    'inlineState',
    undefined,
    35,
    `${NANO}, cr8wr: software VMM`,
    'Measured once, by the benchmark that writes CR8; it stands for every load and store of the virtual CPU’s state.',
  ),
  estimate('hypercall', undefined, 895, HYPERCALL, 'Measured about 2012 on a later processor.'),
  row('vmExitRoundTrip', undefined, 4340, EVOLUTION),
  row('vmcsRead', undefined, 178, `${ADAMS_AGESEN}, VMCB read`),
  estimate('exitService', undefined, 3000, SOFTWARE_EXITS, 'What that paper assumes for handling an exit in software.'),
  estimate(
    'blockDispatch',
    undefined,
    242,
    `${NANO}, syscall: native`,
    'A textbook block transition is one round trip from user mode to the VMM: the cost of a native system call. Chained blocks pay nothing.',
  ),
  estimate(
    'indirectLookup',
    undefined,
    40,
    ADAMS_AGESEN,
    'Pop, index a table of 256 by the low byte, compare, jump, with a spilled register: about ten instructions, and a jump whose target this processor of 31 pipeline stages often mispredicts.',
  ),
  row('translateInstruction', undefined, 2300, `${ADAMS_AGESEN}, translation cost`),
  estimate('interruptDelivery', undefined, 889, `${NANO}, divzero: native`, 'Delivering an exception stands for delivering an interrupt.'),
  estimate('interruptDelivery', 'trap', 2919, `${NANO}, divzero: native; ${RDTSC}: trap-and-emulate`, 'A native delivery plus one entry to the VMM.'),
  estimate('interruptDelivery', 'bt', 3223, `${NANO}, divzero: software VMM`, 'Delivering an exception stands for delivering an interrupt.'),
  row('guestFault', undefined, 889, `${NANO}, divzero: native`),
  estimate('guestFault', 'trap', 2919, `${NANO}, divzero: native; ${RDTSC}: trap-and-emulate`, 'A native delivery plus one entry to the VMM.'),
  row('guestFault', 'bt', 3223, `${NANO}, divzero: software VMM`),
  row('pageFault', undefined, 1093, `${NANO}, pgfault: native`),
  estimate('pageFault', 'trap', 3123, `${NANO}, pgfault: native; ${RDTSC}: trap-and-emulate`, 'A native page fault plus one entry to the VMM.'),
  row('pageFault', 'bt', 3927, `${NANO}, pgfault: software VMM`),
  estimate('shadowFault', undefined, 2030, `${RDTSC}: trap-and-emulate`, 'One entry to the VMM, which fills the shadow page table and resumes.'),
  ...(['trap', 'bt'] as const).map((technique) => estimate('tracedWrite', technique, 2030, `${RDTSC}: trap-and-emulate`, 'One entry to the VMM, which emulates the write.')),
  estimate(
    'adaptedAccess',
    undefined,
    391,
    `${NANO}, ptemod: software VMM`,
    'Measured once, by the benchmark that changes a page-table entry; it stands for every store to a watched table.',
  ),
  row('tracedWrite', undefined, 1, `${NANO}, ptemod: native`),
];

/** Hardware round trip by generation; the paper measured nothing else on them. */
const GENERATIONS: readonly { id: string; name: string; cycles: number }[] = [
  { id: 'prescott', name: 'Pentium 4 Prescott (2005)', cycles: 3963 },
  { id: 'core2', name: 'Core 2 Merom (2006)', cycles: 1579 },
  { id: 'penryn', name: 'Core 2 Penryn (2008)', cycles: 1266 },
  { id: 'nehalem', name: 'Nehalem (2009)', cycles: 1009 },
  { id: 'westmere', name: 'Westmere (2010)', cycles: 761 },
  { id: 'sandybridge', name: 'Sandy Bridge (2011)', cycles: 784 },
];

const CARRIED_OVER = 'Measured on a Pentium 4 672 and carried over.';

export const COST_PROFILES: readonly CostProfile[] = [
  { id: 'p4-672', name: 'Pentium 4 672, 3.8 GHz (2005)', figures: PENTIUM_4_672 },
  ...GENERATIONS.map(({ id, name, cycles }) => ({
    id,
    name,
    figures: PENTIUM_4_672.map(
      (figure): Figure =>
        figure.event === 'vmExitRoundTrip'
          ? row(figure.event, figure.technique, cycles, `${SOFTWARE_EXITS}, hardware round trip by generation`)
          : { ...figure, estimate: true, note: figure.note ? `${CARRIED_OVER} ${figure.note}` : CARRIED_OVER },
    ),
  })),
];

export const DEFAULT_COST_PROFILE = COST_PROFILES[0];

export const costProfile = (id: string): CostProfile | undefined => COST_PROFILES.find((profile) => profile.id === id);

/** The figure that `profile` has for `event` under `technique`: its own, else the general one. */
export function figureFor(profile: CostProfile, technique: TechniqueId, event: CostEvent): Figure {
  const rows = profile.figures.filter((figure) => figure.event === event);
  const figure = rows.find((f) => f.technique === technique) ?? rows.find((f) => f.technique === undefined);
  if (!figure) throw new RangeError(`cost profile ${profile.id} has no figure for ${event}`);
  return figure;
}
