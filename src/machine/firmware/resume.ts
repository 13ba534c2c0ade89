/**
 * Where the BIOS goes on after a reset of the processor, by the shutdown status that the guest has left in CMOS: how a 286
 * comes back from protected mode, and a second start of a CPU finds its way. Sources: IBM PC/AT Technical Reference, BIOS
 * listing (TEST1, "shutdown returns"); Ralf Brown's CMOS list, register 0Fh, for 0Bh and 0Ch.
 */
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { hexh } from '../../base/bits';
import { SHUTDOWN_STATUS } from '../../devices/cmos';
import { BDA, read16 } from './dataArea';
import { cmosRead, cmosWrite, farPointer, inb, outb, said, type BiosMachine, type Service } from './service';

/** Take the next word off the guest's stack. */
const pop = (context: FirmwareContext): number => {
  const sp = context.read('sp');
  context.write('sp', sp + 2);
  return read16(context.memory, context.physical(context.read('ss'), sp));
};

const jump = (context: FirmwareContext, selector: number, offset: number): string => {
  context.jump(selector, offset);
  return `go on at ${farPointer(selector, offset)}`;
};

/** The doubleword at 40:67 is where to jump. */
const jumpBack: Service = (context) => jump(context, read16(context.memory, BDA.resume + 2), read16(context.memory, BDA.resume));

/** The doubleword at 40:67 is the stack; `returns` takes the rest from it. */
const withStack =
  (returns: (context: FirmwareContext) => string): Service =>
  (context) => {
    context.write('ss', read16(context.memory, BDA.resume + 2));
    context.write('sp', read16(context.memory, BDA.resume));
    return returns(context);
  };

const farReturn = (context: FirmwareContext): string => {
  const offset = pop(context);
  return jump(context, pop(context), offset);
};

const interruptReturn = (context: FirmwareContext): string => {
  const [offset, selector, flags] = [pop(context), pop(context), pop(context)];
  context.write('eflags', flags);
  return jump(context, selector, offset);
};

/** What INT 15h AH=87h of the PC/AT had saved: DS, ES, PUSHA. */
const blockMoveReturn = (context: FirmwareContext): string => {
  for (const register of ['ds', 'es', 'di', 'si', 'bp', '', 'bx', 'dx', 'cx', 'ax']) {
    const value = pop(context);
    if (register) context.write(register, value);
  }
  return interruptReturn(context);
};

const endInterrupts = (machine: BiosMachine): void => {
  inb(machine, 0x60);
  outb(machine, 0xa0, 0x20);
  outb(machine, 0x20, 0x20);
};

const RESUMES: ReadonlyMap<number, Service> = new Map<number, Service>([
  [
    0x05,
    (context, machine) => {
      endInterrupts(machine);
      return jumpBack(context, machine);
    },
  ],
  [0x09, withStack(blockMoveReturn)],
  [0x0a, jumpBack],
  [0x0b, withStack(interruptReturn)],
  [0x0c, withStack(farReturn)],
]);

/** The guest wants to go on behind a reset: memory and devices are left as they are. */
export const resumesAfterReset = (shutdownStatus: number): boolean => RESUMES.has(shutdownStatus);

/** Serve the shutdown status, once; undefined when it asks for the power-on self test. */
export const resume = (context: FirmwareContext, machine: BiosMachine): string | undefined => {
  const status = cmosRead(machine, SHUTDOWN_STATUS);
  const serve = RESUMES.get(status);
  if (!serve) return undefined;
  cmosWrite(machine, SHUTDOWN_STATUS, 0);
  return `shutdown status ${hexh(status, 2)}: ${said(serve(context, machine))}`;
};
