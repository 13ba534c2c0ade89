export interface TestMachine {
  readonly program: string;
  readonly kind: 'disk' | 'floppy' | 'bootSector' | 'cdrom' | 'kernel';
  readonly technique?: string;
  readonly translation?: 'textbook' | 'optimised';
  readonly nestedPaging?: boolean;
  readonly memory?: number;
  readonly cpu?: string;
  readonly disk?: readonly string[];
  readonly initrd?: string;
  readonly append?: string;
  readonly bios?: string;
  readonly vgaBios?: string;
  readonly boot?: string;
  readonly instructions?: number;
  readonly virtio?: string;
  readonly hypervisor?: string;
}
export function ringsideArguments(machine: TestMachine): string[];
export function qemuArguments(machine: TestMachine): string[];
