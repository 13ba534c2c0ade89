/** The techniques: how the guest is run. Identifiers are those of launch.json, the CLI and the protocol. */
export const TECHNIQUES = [
  { id: 'bare', name: 'Bare metal', description: 'The CPU runs the guest itself: the reference.' },
  { id: 'trap', name: 'Trap-and-emulate (classic)', description: 'In user mode: privileged instructions trap, some sensitive ones go silently wrong.' },
  { id: 'bt', name: 'Binary translation', description: 'Cached blocks run directly; the last instruction of each is emulated.' },
  { id: 'hvm', name: 'Hardware-assisted (VT-x)', description: 'Ring 0 of non-root mode: what the VMCS asks for exits, the rest runs directly.' },
  { id: 'pv', name: 'Paravirtualized', description: 'In user mode, written for it: hypercalls for sensitive instructions; the rest traps.' },
] as const;

export type TechniqueId = (typeof TECHNIQUES)[number]['id'];

export const isTechnique = (id: unknown): id is TechniqueId => TECHNIQUES.some((t) => t.id === id);
