/** INT 15h AH=53h: advanced power management, the real-mode interface. Source: Advanced Power Management BIOS Interface Specification 1.2, chapter 4. */
import { hexh } from '../../base/bits';
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { outb, type BiosMachine, type Service } from './service';

const VERSION = 0x0102;
const SIGNATURE = 0x504d; // "PM"
const ALL_DEVICES = 0x0001;
const STATE_OFF = 3;
const POWER_OFF_PORT = 0xf4;
/** AH of failed calls. */
const UNRECOGNIZED_DEVICE = 0x09;
const BAD_PARAMETER = 0x0a;
const NOT_SUPPORTED = 0x86;
const NO_EVENT = 0x80;
const STATES = ['enabled', 'standby', 'suspended', 'off'];

const succeed = (context: FirmwareContext, sentence: string): string => {
  context.setReturnFlag('CF', false);
  context.write('ah', 0);
  return sentence;
};

const fail = (context: FirmwareContext, code: number, sentence: string): string => {
  context.setReturnFlag('CF', true);
  context.write('ah', code);
  return sentence;
};

const check: Service = (context) => {
  succeed(context, '');
  context.write('ax', VERSION);
  context.write('bx', SIGNATURE);
  context.write('cx', 0); // no protected-mode interface
  return 'APM 1.2, real-mode interface';
};

/** BX = device, CX = state. */
const setState = (context: FirmwareContext, machine: BiosMachine): string => {
  const [device, state] = [context.read('bx'), context.read('cx')];
  if (device !== ALL_DEVICES) return fail(context, UNRECOGNIZED_DEVICE, `device ${hexh(device, 4)} cannot be switched by itself`);
  if (state > STATE_OFF) return fail(context, BAD_PARAMETER, `power state ${state} does not exist`);
  if (state === STATE_OFF) outb(machine, POWER_OFF_PORT, 0);
  return succeed(context, `the machine is ${STATES[state]}`);
};

const status: Service = (context) => {
  context.write('bx', 0x01ff); // on line, no battery
  context.write('cx', 0xffff);
  context.write('dx', 0xffff);
  return succeed(context, 'on mains, without a battery');
};

/** CX = version the driver knows. */
const driverVersion: Service = (context) => {
  succeed(context, '');
  context.write('ax', VERSION);
  return 'APM 1.2 is agreed on';
};

const FUNCTIONS: Readonly<Record<number, Service>> = {
  0x00: check,
  0x01: (context) => succeed(context, 'connected'),
  0x04: (context) => succeed(context, 'disconnected'),
  0x05: (context) => succeed(context, 'idle'),
  0x06: (context) => succeed(context, 'busy'),
  0x07: setState,
  0x08: (context) => succeed(context, 'power management switched'),
  0x0a: status,
  0x0b: (context) => fail(context, NO_EVENT, 'no event'),
  0x0e: driverVersion,
  0x0f: (context) => succeed(context, 'engaged'),
};

export const apmService: Service = (context, machine) => {
  const al = context.read('al');
  const serve = FUNCTIONS[al];
  return `APM function ${hexh(al, 2)}: ${serve ? serve(context, machine) : fail(context, NOT_SUPPORTED, 'not supported')}`;
};
