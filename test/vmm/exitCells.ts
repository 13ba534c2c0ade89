/**
 * VM exits of each row of ../semantics/sensitiveRows.ts, with the controls that a VMCS of ours starts with: basic exit reasons of
 * SDM Vol. 3, appendix C, after 25.1 to 25.3 and 24.6; `-`: none. On a processor with nested paging and unrestricted guests, in
 * any mode; on one of the first generation, in protected and in virtual-8086 mode; there in the guest's real mode, which is
 * virtual-8086 mode with IOPL 0 (Vol. 3, 20.2.7), where every exception exits. What faults anyway does not get that far, but
 * for MOV DR and VMCALL (25.1.1).
 */
type Exit = number | '-';
export type ExitRow = readonly [instruction: string, nested: Exit, first: Exit, firstReal: Exit];

const GP_IN_REAL: readonly [Exit, Exit, Exit] = ['-', '-', 0];
const NEVER: readonly [Exit, Exit, Exit] = ['-', '-', '-'];

// biome-ignore format: a table
const FAMILIES: readonly (readonly [instructions: RegExp, exits: readonly [Exit, Exit, Exit]])[] = [
  // No exit exists for what reads or writes flags; virtual-8086 mode with IOPL 0 faults.
  [/^(cli|sti)\b/,                    GP_IN_REAL],
  [/^pushf|popf[wd]\b|iret[wd]\b/,    GP_IN_REAL],
  // Descriptor-table exiting is off; user mode may store, and may not load.
  [/^(sgdt|sidt|sldt|str)\b/,         NEVER],
  [/^(lgdt|lidt)\b/,                  GP_IN_REAL],
  [/(lldt|ltr) cx$/,                  NEVER],
  [/(lar|lsl) ax, cx$|ver[rw] cx$|^arpl/, NEVER],
  // SMSW reads the shadow; TS is the guest's; LMSW cannot clear PE.
  [/^smsw/,                           NEVER],
  [/lmsw cx$|^clts/,                  GP_IN_REAL],
  // CR0 and CR4 leave only when an owned bit changes; CR3 always left the first processors.
  [/^mov ecx, cr[024]$|^mov cr2, ecx$|mov cr[04], ecx$/, GP_IN_REAL],
  [/^mov ecx, cr3$|^mov cr3, ecx$/,   ['-', 28, 0]],
  [/dr\d/,                            [29, 29, 29]],
  [/^hlt/,                            [12, 12, 0]],
  [/^invlpg/,                         ['-', 14, 0]],
  [/^invd/,                           [13, 13, 0]],
  // WBINVD exiting is a secondary control, which the first processors do not have.
  [/^wbinvd/,                         [54, '-', 0]],
  [/rdmsr/,                           [31, 31, 0]],
  [/wrmsr/,                           GP_IN_REAL], // an MSR of SYSENTER, free in the bitmap
  [/^rdtsc$/,                         NEVER],
  [/^rdtsc, CR4 4h/,                  GP_IN_REAL],
  [/rdpmc$/,                          [15, 15, 0]],
  [/rdpmc, CR4 100h/,                 [15, 15, 15]],
  [/^cpuid/,                          [10, 10, 10]],
  [/\b(in|out|ins[bw]|outs[bd])\b/,   [30, 30, 30]],
  // Segments and far transfers: no exit without a task switch.
  [/^push [c-s]s|^mov ax, [c-g]s|^mov ax, ss|\|pop [d-s]s$|\|mov [d-s]s, ax$/, NEVER],
  [/^(jmp|call) |retf$/,              NEVER],
  // INT n never exits; the exception bitmap has #DB, not #BP and #OF.
  [/^int 0x/,                         GP_IN_REAL],
  [/^int3|into$/,                     GP_IN_REAL],
  [/^int1/,                           [0, 0, 0]],
  [/^sys(enter|exit)/,                NEVER],
  [/^vmcall/,                         [18, 18, 18]],
  [/^(rsm|ud2)/,                      NEVER],
];

/** Exactly one family has the row. */
export function exitsOf(instruction: string): readonly [Exit, Exit, Exit] {
  const found = FAMILIES.filter(([instructions]) => instructions.test(instruction));
  if (found.length !== 1) throw new Error(`${instruction} is in ${found.length} families`);
  return found[0][1];
}
