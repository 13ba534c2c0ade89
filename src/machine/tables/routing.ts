/** How interrupts are wired on this board, as MP tables and ACPI tell the guest. */

/** Where the fixed ACPI hardware is, and its interrupt. */
export const ACPI_PM_PORT = 0x600;
export const SCI_IRQ = 9;

/** IRQs that PIRQA to PIRQD of the PCI bus are steered to at power-on. */
export const PIRQ_ROUTES = [10, 10, 11, 11] as const;

/** Slots are wired in turn: pin A of slot 1 is PIRQA, of slot 2 PIRQB … `pin` counts from 0 (INTA#). */
export const pirqOf = (slot: number, pin: number): number => (slot - 1 + pin) & 3;

export const PCI_SLOTS = 32;

/** IRQs of the ISA bus; 2 is the cascade. */
export const ISA_IRQS = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** Lines that are levels: the SCI and the PCI interrupts, asserted high behind the interrupt router. */
export const isLevel = (irq: number): boolean => irq === SCI_IRQ || (PIRQ_ROUTES as readonly number[]).includes(irq);

/** MPS INTI flags (MultiProcessor Specification 1.4, table 4-10; ACPI 2.0, table 5-18): as the bus has it, or active high and level. */
const CONFORMS = 0x0000;
const HIGH_LEVEL = 0x000d;
export const inputFlags = (irq: number): number => (isLevel(irq) ? HIGH_LEVEL : CONFORMS);
