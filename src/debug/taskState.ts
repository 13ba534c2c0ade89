/** The task state segment that TR names, field by field (SDM Vol. 3, figures 7-2 and 7-10). */
import { hexh } from '../base/bits';
import type { StateRow, TaskState } from '../protocol/systemState';
import type { DebuggableVm } from '../vmm/debuggable';
import { readNumber } from './codeView';

type Field = readonly [name: string, offset: number, size: 2 | 4, meaning?: string];

// biome-ignore format: a table
const FIELDS_32: readonly Field[] = [
  ['link',   0x00, 2, 'selector of the task it was entered from'],
  ['ESP0',   0x04, 4, 'stack of ring 0'], ['SS0', 0x08, 2],
  ['ESP1',   0x0c, 4, 'stack of ring 1'], ['SS1', 0x10, 2],
  ['ESP2',   0x14, 4, 'stack of ring 2'], ['SS2', 0x18, 2],
  ['CR3',    0x1c, 4], ['EIP', 0x20, 4], ['EFLAGS', 0x24, 4],
  ['EAX',    0x28, 4], ['ECX', 0x2c, 4], ['EDX', 0x30, 4], ['EBX', 0x34, 4],
  ['ESP',    0x38, 4], ['EBP', 0x3c, 4], ['ESI', 0x40, 4], ['EDI', 0x44, 4],
  ['ES',     0x48, 2], ['CS',  0x4c, 2], ['SS',  0x50, 2], ['DS',  0x54, 2], ['FS', 0x58, 2], ['GS', 0x5c, 2],
  ['LDT',    0x60, 2],
  ['T',      0x64, 2, 'bit 0: #DB when a task switch comes here'],
  ['I/O map', 0x66, 2, 'offset of the I/O permission bitmap'],
];

// biome-ignore format: a table
const FIELDS_16: readonly Field[] = [
  ['link', 0x00, 2, 'selector of the task it was entered from'],
  ['SP0',  0x02, 2, 'stack of ring 0'], ['SS0', 0x04, 2],
  ['SP1',  0x06, 2, 'stack of ring 1'], ['SS1', 0x08, 2],
  ['SP2',  0x0a, 2, 'stack of ring 2'], ['SS2', 0x0c, 2],
  ['IP',   0x0e, 2], ['FLAGS', 0x10, 2],
  ['AX',   0x12, 2], ['CX', 0x14, 2], ['DX', 0x16, 2], ['BX', 0x18, 2],
  ['SP',   0x1a, 2], ['BP', 0x1c, 2], ['SI', 0x1e, 2], ['DI', 0x20, 2],
  ['ES',   0x22, 2], ['CS', 0x24, 2], ['SS', 0x26, 2], ['DS', 0x28, 2],
  ['LDT',  0x2a, 2],
];

/** Bit 3 of the type: a 32-bit TSS. */
const TYPE_32 = 8;

/** Undefined while TR is null. Fields beyond the limit are left out. */
export function taskState(vm: DebuggableVm): TaskState | undefined {
  const { selector, base, limit, attributes } = vm.segment('tr');
  if (!(selector & 0xfffc)) return undefined;
  const bits = attributes & TYPE_32 ? 32 : 16;
  const fields = (bits === 32 ? FIELDS_32 : FIELDS_16).flatMap(([name, offset, size, meaning]): StateRow[] => {
    if (offset + size - 1 > limit) return [];
    const value = readNumber(vm, (base + offset) >>> 0, size);
    return [{ name, value: value === undefined ? 'not readable' : hexh(value, 2 * size), ...(meaning ? { meaning } : {}) }];
  });
  return { selector, base, limit, bits, fields };
}
