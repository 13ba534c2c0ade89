/** What the address of a breakpoint means. */
export const BREAKPOINT_MODES = [
  { mode: 'linear', label: 'Linear', description: 'The guest-linear address, whatever CS is and wherever it is mapped to.' },
  { mode: 'segmented', label: 'Segment:offset', description: 'Only when CS:EIP is what it is now for this address, not another pair with the same linear address.' },
  { mode: 'physical', label: 'Physical', description: 'Only while the address is mapped to the guest-physical memory that it is mapped to now.' },
] as const;

export type BreakpointMode = (typeof BREAKPOINT_MODES)[number]['mode'];
export const MODE_NAMES = BREAKPOINT_MODES.map(({ mode }) => mode) as readonly BreakpointMode[];
