/**
 * The sensitive instructions of x86-32: what each one is to a hypervisor.
 * Classes after Popek & Goldberg (CACM 17(7), 1974); the seventeen unprivileged ones (eighteen mnemonics)
 * after Robin & Irvine (USENIX Security 2000, section 3); exit reasons from SDM Vol. 3C, appendix C.
 * The instruction table points here from its `sensitivity` column; hovers, breakpoints and reports read it.
 */

/** `privileged`: faults outside CPL 0 (or by IOPL). `sensitive`: reads or changes privileged state without trapping. */
export type Sensitivity = 'innocuous' | 'privileged' | 'sensitive';

/** C control-sensitive, M mode-sensitive, L location-sensitive (behaviour-sensitive). */
export type SensitivityClass = 'C' | 'M' | 'L' | 'CM' | 'ML' | 'CML';

/** VT-x basic exit reason (SDM Vol. 3C, table C-1). */
export interface ExitReasonSpec {
  readonly number: number;
  /** The SDM's name in breakpoint syntax: `exit:CR_ACCESS`. */
  readonly name: string;
}

export const EXIT_REASONS = {
  EXCEPTION_OR_NMI: 0,
  EXTERNAL_INTERRUPT: 1,
  TRIPLE_FAULT: 2,
  INTERRUPT_WINDOW: 7,
  NMI_WINDOW: 8,
  TASK_SWITCH: 9,
  CPUID: 10,
  HLT: 12,
  INVD: 13,
  INVLPG: 14,
  RDPMC: 15,
  RDTSC: 16,
  RSM: 17,
  VMCALL: 18,
  CR_ACCESS: 28,
  DR_ACCESS: 29,
  IO_INSTRUCTION: 30,
  RDMSR: 31,
  WRMSR: 32,
  ENTRY_FAILURE_GUEST_STATE: 33,
  ENTRY_FAILURE_MSR_LOADING: 34,
  MONITOR_TRAP_FLAG: 37,
  GDTR_IDTR: 46,
  LDTR_TR: 47,
  EPT_VIOLATION: 48,
  EPT_MISCONFIGURATION: 49,
  PREEMPTION_TIMER: 52,
  WBINVD: 54,
} as const;

export type ExitReasonName = keyof typeof EXIT_REASONS;

export interface SensitivitySpec {
  readonly kind: Exclude<Sensitivity, 'innocuous'>;
  readonly class: SensitivityClass;
  /** `cpl`: #GP(0) at any CPL > 0. `iopl`: only when CPL > IOPL (or in V86 with IOPL < 3). `tss`: IOPL, then the TSS I/O bitmap. `cr4`: by a CR4 bit. */
  readonly gate?: 'cpl' | 'iopl' | 'tss' | 'cr4';
  /** Exit reason under VT-x, when any control makes it exit. */
  readonly exit?: ExitReasonName;
  /** The sentences of a hover, one per technique. */
  readonly bare: string;
  readonly trap: string;
  readonly hvm: string;
  readonly bt: string;
  readonly pv: string;
}

const TRAPS = 'Outside CPL 0 it raises #GP(0): the VMM catches it, emulates it on the virtual CPU and resumes.';
const CALLOUT = 'Ends the block; the VMM emulates it on the virtual CPU (callout).';
const NO_EXIT = 'Never exits: the guest runs in ring 0 of non-root mode, on state of its own.';

const privileged = (cls: SensitivityClass, exit: ExitReasonName | undefined, bare: string, extra: Partial<SensitivitySpec> = {}): SensitivitySpec => ({
  kind: 'privileged',
  class: cls,
  gate: 'cpl',
  ...(exit ? { exit } : {}),
  bare,
  trap: TRAPS,
  hvm: exit ? `VM exit, reason ${EXIT_REASONS[exit]} (${exit}), where the controls ask for it.` : NO_EXIT,
  bt: CALLOUT,
  pv: 'A hypercall in its place; left in, it traps as under trap-and-emulate.',
  ...extra,
});

const silent = (cls: SensitivityClass, bare: string, trap: string, extra: Partial<SensitivitySpec> = {}): SensitivitySpec => ({
  kind: 'sensitive',
  class: cls,
  bare,
  trap,
  hvm: NO_EXIT,
  bt: CALLOUT,
  pv: 'The guest was changed not to use it.',
  ...extra,
});

export const SENSITIVITY = {
  // Sensitive, not privileged: silently wrong in user mode.
  pushf: silent(
    'M',
    'Pushes EFLAGS, with IF and IOPL as they are.',
    'Executes in user mode and pushes the real IF and IOPL, not the guest’s. In virtual-8086 mode with IOPL < 3 it traps.',
    {
      pv: 'Reads the event mask in the shared page.',
    },
  ),
  popf: silent(
    'C',
    'Loads EFLAGS; at CPL 0 also IF and IOPL.',
    'Executes in user mode and leaves IF and IOPL unchanged without a fault: the guest’s interrupt flag is lost. In virtual-8086 mode with IOPL < 3 it traps.',
    {
      pv: 'Writes the event mask in the shared page.',
    },
  ),
  iret: silent(
    'C',
    'Returns from an interrupt: CS:EIP, EFLAGS and, outward, SS:ESP.',
    'Executes in user mode: IF and IOPL are not restored; a return to an inner ring is #GP. In virtual-8086 mode with IOPL < 3 it traps.',
    {
      exit: 'TASK_SWITCH',
      hvm: 'Exits only as a task switch (reason 9, NT set).',
      pv: 'Hypercall iret.',
    },
  ),
  sgdt: silent('L', 'Stores the GDT base and limit.', 'Stores the VMM’s GDT base and limit.', {
    exit: 'GDTR_IDTR',
    hvm: 'Exit 46 if descriptor-table exiting is on.',
    pv: 'The guest keeps its own copy.',
  }),
  sidt: silent('L', 'Stores the IDT base and limit.', 'Stores the VMM’s IDT base and limit.', {
    exit: 'GDTR_IDTR',
    hvm: 'Exit 46 if descriptor-table exiting is on.',
    pv: 'The guest keeps its own copy.',
  }),
  sldt: silent('L', 'Stores the LDT selector.', 'Stores the VMM’s LDT selector.', { exit: 'LDTR_TR', hvm: 'Exit 47 if descriptor-table exiting is on.' }),
  str: silent('L', 'Stores the task register.', 'Stores the VMM’s task register.', { exit: 'LDTR_TR', hvm: 'Exit 47 if descriptor-table exiting is on.' }),
  smsw: silent('M', 'Stores the low word of CR0.', 'Stores the real CR0: PE is set even when the guest believes it is in real mode.', {
    hvm: 'Never exits: the read shadow answers.',
  }),
  lar: silent('ML', 'Loads the access rights of a descriptor.', 'Reads the VMM’s GDT; a DPL-0 descriptor looks inaccessible from user mode (ZF=0).'),
  lsl: silent('ML', 'Loads the limit of a segment.', 'Reads the VMM’s GDT; a DPL-0 descriptor looks inaccessible from user mode (ZF=0).'),
  verr: silent('ML', 'Says whether a segment can be read.', 'Asks the VMM’s GDT, at user privilege.'),
  verw: silent('ML', 'Says whether a segment can be written.', 'Asks the VMM’s GDT, at user privilege.'),
  pushSegment: silent('M', 'Pushes a segment selector.', 'CS and SS show RPL 3 where the guest expects 0.'),
  popSegment: silent('ML', 'Loads a segment register and its descriptor.', 'Loads from the VMM’s tables: the privilege the guest gave the segment is not what it gets.'),
  movFromSegment: silent('M', 'Stores a segment selector.', 'CS and SS show RPL 3 where the guest expects 0.'),
  movToSegment: silent('ML', 'Loads a segment register and its descriptor.', 'Loads from the VMM’s tables: the privilege the guest gave the segment is not what it gets.'),
  farCall: silent('M', 'Far call, perhaps through a gate.', 'Uses the VMM’s descriptor tables; a transfer to ring 0 is #GP.', {
    exit: 'TASK_SWITCH',
    hvm: 'Exits only as a task switch (reason 9).',
  }),
  farJump: silent('M', 'Far jump, perhaps to a task.', 'Uses the VMM’s descriptor tables; a transfer to ring 0 is #GP.', {
    exit: 'TASK_SWITCH',
    hvm: 'Exits only as a task switch (reason 9).',
  }),
  farReturn: silent('M', 'Far return, perhaps outward.', 'Uses the VMM’s descriptor tables; a return to an inner ring is #GP.'),
  softwareInterrupt: silent(
    'M',
    'Calls the handler in the IDT.',
    'Goes through the VMM’s IDT; a gate with DPL < 3 raises #GP, which the VMM reflects to the guest. In virtual-8086 mode with IOPL < 3 it traps.',
    {
      hvm: 'INT n never exits; INT3 and INTO exit by the exception bitmap.',
      pv: 'The guest registers its handlers by hypercall.',
    },
  ),
  // Privileged: #GP(0) at any CPL > 0.
  hlt: privileged('C', 'HLT', 'Stops the CPU until an interrupt.', { pv: 'Hypercall halt.' }),
  lgdt: privileged('C', 'GDTR_IDTR', 'Loads the GDT register.', { pv: 'Hypercall to set the GDT.' }),
  lidt: privileged('C', 'GDTR_IDTR', 'Loads the IDT register.', { pv: 'Hypercall to set the trap table.' }),
  lldt: privileged('C', 'LDTR_TR', 'Loads the LDT register.'),
  ltr: privileged('C', 'LDTR_TR', 'Loads the task register.'),
  lmsw: privileged('C', 'CR_ACCESS', 'Loads the low word of CR0; never clears PE.'),
  clts: privileged('C', 'CR_ACCESS', 'Clears CR0.TS.'),
  movFromControl: privileged('M', 'CR_ACCESS', 'Reads a control register.'),
  movToControl: privileged('C', 'CR_ACCESS', 'Writes a control register.', { pv: 'Hypercall for a new page-table base or task switch flag.' }),
  movFromDebug: privileged('M', 'DR_ACCESS', 'Reads a debug register.'),
  movToDebug: privileged('C', 'DR_ACCESS', 'Writes a debug register.'),
  movFromTest: privileged('M', undefined, 'Reads a test register (386 and 486 only).'),
  movToTest: privileged('C', undefined, 'Writes a test register (386 and 486 only).'),
  invlpg: privileged('C', 'INVLPG', 'Drops one page from the TLB.'),
  invd: privileged('C', 'INVD', 'Invalidates the caches without writing back.'),
  wbinvd: privileged('C', 'WBINVD', 'Writes back and invalidates the caches.'),
  rdmsr: privileged('M', 'RDMSR', 'Reads a model-specific register.'),
  wrmsr: privileged('C', 'WRMSR', 'Writes a model-specific register.'),
  sysexit: privileged('C', undefined, 'Returns to ring 3 after SYSENTER.'),
  sysenter: silent('C', 'Enters ring 0 at the address in the SYSENTER MSRs.', 'Lands in the VMM, which forwards it to the guest’s kernel.'),
  // Depends on IOPL, the TSS or CR4.
  cli: privileged('C', undefined, 'Clears IF: no maskable interrupts.', {
    gate: 'iopl',
    trap: 'With IOPL < CPL it raises #GP(0): the VMM clears the virtual IF and resumes.',
    pv: 'Sets the event mask in the shared page.',
  }),
  sti: privileged('C', 'INTERRUPT_WINDOW', 'Sets IF after the next instruction.', {
    gate: 'iopl',
    trap: 'With IOPL < CPL it raises #GP(0): the VMM sets the virtual IF and injects what is pending.',
    pv: 'Clears the event mask and checks for pending events.',
  }),
  io: privileged('CM', 'IO_INSTRUCTION', 'Talks to a device.', {
    gate: 'tss',
    trap: 'With CPL > IOPL the TSS I/O bitmap denies it: #GP(0), and the VMM asks the virtual device.',
    hvm: 'VM exit, reason 30, by the I/O bitmaps.',
  }),
  rdtsc: privileged('M', 'RDTSC', 'Reads the time-stamp counter.', { gate: 'cr4', trap: 'With CR4.TSD it raises #GP(0); without, it leaks the host’s time.' }),
  rdpmc: privileged('M', 'RDPMC', 'Reads a performance counter.', { gate: 'cr4' }),
  cpuid: silent('M', 'Identifies the processor.', 'Never faults: shows the host’s processor.', { exit: 'CPUID', hvm: 'Always exits, reason 10.' }),
  vmcall: silent('C', 'Undefined without a hypervisor.', 'Raises #UD, which the VMM takes for a hypercall.', { exit: 'VMCALL', hvm: 'Always exits, reason 18.' }),
} satisfies Record<string, SensitivitySpec>;

export type SensitivityName = keyof typeof SENSITIVITY;
