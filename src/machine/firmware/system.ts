/** INT 11h, 12h, 14h and 15h. Sources: IBM PS/2 and PC BIOS Interface Technical Reference; ACPI specification §15 for E820h. */
import { hexh } from '../../base/bits';
import type { FirmwareContext, Sentence } from '../../vmm/firmwareContext';
import { EBDA, memoryMap } from '../memoryMap';
import { apmService } from './apm';
import { BDA, read16, read32, write32 } from './dataArea';
import { CONFIGURATION_TABLE, ROM_SEGMENT } from './rom';
import { byAh, inb, label, outb, store, type Service } from './service';
import { wait } from './time';

const SMAP = 0x534d4150;

export const equipmentService: Service = (context) => {
  context.write('ax', read16(context.memory, BDA.equipment));
  return `INT 11h: equipment word ${hexh(context.read('ax'), 4)}`;
};

export const memorySizeService: Service = (context) => {
  context.write('ax', read16(context.memory, BDA.memoryKib));
  return `INT 12h: ${context.read('ax')} KiB of base memory`;
};

const LSR_READY = 0x01;
const LSR_THR_EMPTY = 0x20;
const TIMEOUT = 0x80;
/** Divisors by AL bits 7..5 of INT 14h AH=00h: 110 to 9600 baud. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12];

const onPort =
  (serve: (base: number, ...rest: Parameters<Service>) => Sentence): Service =>
  (context, machine) => {
    const port = context.read('dx');
    const base = port < 4 ? read16(context.memory, BDA.serialPorts + port * 2) : 0;
    if (base) return serve(base, context, machine);
    context.write('ah', TIMEOUT);
    return `no serial port ${port + 1}`;
  };

const serialStatus = onPort((base, context, machine) => {
  context.write('ah', inb(machine, base + 5));
  context.write('al', inb(machine, base + 6));
  return `status ${hexh(context.read('ax'), 4)}`;
});

const serialInitialize = onPort((base, context, machine) => {
  const parameters = context.read('al');
  const divisor = DIVISORS[parameters >> 5];
  outb(machine, base + 3, 0x80);
  outb(machine, base, divisor & 0xff);
  outb(machine, base + 1, divisor >> 8);
  outb(machine, base + 3, parameters & 0x1f);
  return serialStatus(context, machine);
});

const serialSend = onPort((base, context, machine) => {
  const status = inb(machine, base + 5);
  outb(machine, base, context.read('al'));
  context.write('ah', status & LSR_THR_EMPTY ? status : status | TIMEOUT);
  return `send ${hexh(context.read('al'), 2)}`;
});

const serialReceive = onPort((base, context, machine) => {
  const status = inb(machine, base + 5);
  if (!(status & LSR_READY)) {
    context.write('ah', TIMEOUT);
    return 'nothing received: timeout';
  }
  context.write('al', inb(machine, base));
  context.write('ah', status & 0x1e);
  return `received ${hexh(context.read('al'), 2)}`;
});

export const serialService = byAh(0x14, { 0: serialInitialize, 1: serialSend, 2: serialReceive, 3: serialStatus });

const succeed = (context: FirmwareContext, ah = 0): void => {
  context.setReturnFlag('CF', false);
  context.write('ah', ah);
};

const a20: Service = (context) => {
  const al = context.read('al');
  if (al > 3) return `A20 function ${hexh(al, 2)} does not exist${unsupportedFlags(context)}`;
  if (al < 2) context.setA20(al === 1);
  if (al === 2) context.write('al', context.a20 ? 1 : 0);
  if (al === 3) context.write('bx', 3); // by keyboard controller and port 92h
  succeed(context);
  return al === 3 ? 'A20 can be switched by the keyboard controller and port 92h' : `A20 is ${context.a20 ? 'enabled' : 'disabled'}`;
};

const unsupportedFlags = (context: FirmwareContext): string => {
  context.setReturnFlag('CF', true);
  context.write('ah', 0x86);
  return '; CF=1, AH=86h';
};

const extendedKib = (context: FirmwareContext): number => Math.max(0, (context.memory.size >>> 10) - 1024);

const extendedMemory: Service = (context) => {
  const kib = Math.min(extendedKib(context), 0xfc00);
  context.setReturnFlag('CF', false);
  context.write('ax', kib);
  return `${kib} KiB above 1 MiB`;
};

/** ES:SI = GDT with source at 10h and destination at 18h; CX = words. */
const moveBlock: Service = (context, machine) => {
  const gdt = context.physical(context.read('es'), context.read('si'));
  const base = (descriptor: number) => ((read32(context.memory, gdt + descriptor + 2) & 0xffffff) | (context.memory.read8(gdt + descriptor + 7) << 24)) >>> 0;
  const length = context.read('cx') * 2;
  store(context, machine, base(0x18), context.memory.readBytes(base(0x10), length));
  succeed(context);
  return `move ${length} bytes from ${hexh(base(0x10))} to ${hexh(base(0x18))}`;
};

const configuration: Service = (context) => {
  succeed(context);
  context.write('es', ROM_SEGMENT);
  context.write('bx', CONFIGURATION_TABLE);
  return 'configuration table at F000:E6F5';
};

const ebda: Service = (context) => {
  context.setReturnFlag('CF', false);
  context.write('es', EBDA >> 4);
  return 'extended data area at 9FC0:0000';
};

const memoryE801 = (context: FirmwareContext): string => {
  const kib = extendedKib(context);
  const low = Math.min(kib, 15 * 1024);
  const high = Math.max(0, kib - 15 * 1024) >> 6;
  for (const [register, value] of [
    ['ax', low],
    ['cx', low],
    ['bx', high],
    ['dx', high],
  ] as const)
    context.write(register, value);
  context.setReturnFlag('CF', false);
  return `${low} KiB from 1 MiB, ${high} blocks of 64 KiB from 16 MiB`;
};

/** EBX = which entry, ECX = buffer size, EDX = 'SMAP', ES:DI = buffer. */
const memoryE820 = (context: FirmwareContext): string => {
  const map = memoryMap(context.memory.size);
  const index = context.read('ebx');
  if (context.read('edx') !== SMAP || context.read('ecx') < 20 || index >= map.length) return `no entry ${index} of the memory map${unsupportedFlags(context)}`;
  const { base, length, type } = map[index];
  const buffer = context.physical(context.read('es'), context.read('di'));
  [base, 0, length, 0, type === 'usable' ? 1 : 2].forEach((dword, i) => {
    write32(context.memory, buffer + 4 * i, dword);
  });
  context.write('eax', SMAP);
  context.write('ebx', index + 1 < map.length ? index + 1 : 0);
  context.write('ecx', 20);
  context.setReturnFlag('CF', false);
  return `memory map entry ${index}: ${hexh(base, 8)} + ${hexh(length, 8)}, ${type}`;
};

const bigMemory: Service = (context) => {
  const al = context.read('al');
  if (al === 0x20) return memoryE820(context);
  if (al === 0x01) return memoryE801(context);
  return `AX=${hexh(context.read('ax'), 4)} is not a service of this BIOS${unsupportedFlags(context)}`;
};

const functions = byAh(0x15, { 0x24: a20, 0x53: apmService, 0x86: wait, 0x87: moveBlock, 0x88: extendedMemory, 0xc0: configuration, 0xc1: ebda, 0xe8: bigMemory });

export const systemService: Service = (context, machine) => {
  // Keyboard intercept: CF stays as set by the caller, the scan code is not changed.
  if (context.read('ah') === 0x4f) return `${label(0x15, context)}: keep the key`;
  return functions(context, machine);
};
