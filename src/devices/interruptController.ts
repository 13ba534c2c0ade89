/** A bit in guest memory that stands for the end of the interrupt in service, where the host has agreed with the guest on one (KVM's PV EOI). */
export interface EoiFlag {
  /** False: there is no such bit now. */
  set(): boolean;
  clear(): void;
  isSet(): boolean;
}

/** What the vCPU sees of the interrupt controllers: the INTR and NMI pins and the acknowledge cycle. */
export interface InterruptController {
  /** Level of INTR. */
  readonly pending: boolean;
  /** The INTA cycle: moves the winning request into service and returns its vector. */
  acknowledge(): number;
  /** A non-maskable interrupt waits. */
  readonly nmiPending: boolean;
  acknowledgeNmi(): void;
}
