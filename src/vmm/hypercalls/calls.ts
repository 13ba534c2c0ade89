/** What each hypercall does, its arguments being good. By name of its row. */
import { loadAddressSpace, invalidatePage, writeControl } from '../../semantics/system/control';
import { interruptReturn } from '../../semantics/system/interrupts';
import { Stack } from '../../semantics/system/stack';
import { PTE_P } from '../../memory/pageWalker';
import { CPU } from '../../x86/cpuState';
import { CR0_PG, EFLAGS_IF } from '../../x86/flags';
import { EAX, ESP } from '../../x86/registers';
import type { CheckedCall, HypercallOutcome, HypercallResult, Hypercalls } from './hypercalls';
import { ALL_PAGES, type HypercallName } from './table';

type Call = (vm: Hypercalls, call: CheckedCall) => HypercallResult | HypercallOutcome;

const FIRST_EVENT_VECTOR = 0x20;
const PAIR = 8;

const disk = ({ platform }: Hypercalls, call: CheckedCall, act: (sector: number, count: number) => void): HypercallResult => {
  const { disk } = platform;
  const [sector, count] = [call.value('sector'), call.value('count')];
  if (!disk) return 'ENODEV';
  if (sector + count > disk.sectors) return 'EINVAL';
  try {
    act(sector, count);
  } catch {
    return 'EIO'; // the medium's file, not the guest
  }
  return 0;
};

/** Entries that lie in the VM's memory and, when present, lead there. */
function updatePageTables({ context }: Hypercalls, call: CheckedCall): HypercallResult {
  const { physical } = context.memory;
  const bytes = call.buffer('updates').read();
  const view = new DataView(bytes.buffer);
  const pairs = Array.from({ length: call.value('count') }, (_, n) => ({ entry: view.getUint32(PAIR * n, true), value: view.getUint32(PAIR * n + 4, true) }));
  const good = pairs.every(({ entry, value }) => entry % 4 === 0 && physical.isRam(entry) && (!(value & PTE_P) || physical.isBacked((value & ~0xfff) >>> 0)));
  if (!good) return 'EINVAL';
  for (const { entry, value } of pairs) physical.write(entry, 4, value);
  return pairs.length;
}

const setIf = ({ context, events }: Hypercalls, on: boolean): number => {
  const flags = context.cpu.get(CPU.EFLAGS);
  context.cpu.set(CPU.EFLAGS, on ? flags | EFLAGS_IF : flags & ~EFLAGS_IF);
  events.enter();
  return flags & EFLAGS_IF ? 0 : 1;
};

/** EAX from the stack, then IRET on the virtual CPU. */
function returnFromHandler({ context }: Hypercalls): HypercallOutcome {
  const { cpu } = context;
  const stack = Stack.current(context);
  const eax = stack.pop(4);
  cpu.setReg(ESP, stack.esp);
  interruptReturn(context, 4, cpu.eip);
  cpu.setReg(EAX, eax);
  return { result: eax, keepsEax: true };
}

export const CALLS: Readonly<Record<HypercallName, Call>> = {
  console_write(vm, call) {
    vm.platform.print(call.buffer('text').read());
    return call.value('length');
  },
  console_read(vm, call) {
    const bytes = vm.console.take(call.value('length'));
    call.buffer('buffer').write(bytes);
    return bytes.length;
  },
  disk_size: ({ platform }) => platform.disk?.sectors ?? 'ENODEV',
  disk_read: (vm, call) => disk(vm, call, (sector, count) => call.buffer('buffer').write(vm.platform.disk!.read(sector, count))),
  disk_write: (vm, call) => disk(vm, call, (sector) => vm.platform.disk!.write(sector, call.buffer('buffer').read())),
  set_timer(vm, call) {
    vm.timer.set(call.value('microseconds'));
    return 0;
  },
  update_page_tables: updatePageTables,
  set_page_base({ context }, call) {
    loadAddressSpace(context, call.value('directory'));
    if (!(context.cpu.cr0 & CR0_PG)) writeControl(context, 0, context.cpu.cr0 | CR0_PG);
    return 0;
  },
  flush_tlb({ context }, call) {
    const address = call.value('address');
    if (address === ALL_PAGES) context.stateChanged('translation');
    else invalidatePage(context, address);
    return 0;
  },
  set_shared_page(vm, call) {
    if (call.value('vector') < FIRST_EVENT_VECTOR) return 'EINVAL';
    vm.events.connect(call.value('shared_page'), call.value('vector'));
    vm.console.announce();
    vm.mailbox.announce();
    return 0;
  },
  mask_events: (vm) => (vm.events.open ? setIf(vm, false) : 'ENODEV'),
  unmask_events(vm) {
    if (!vm.events.open) return 'ENODEV';
    setIf(vm, true);
    return 0;
  },
  set_trap_table: (vm, call) => (vm.traps.register(call.buffer('entries').read()) ? 0 : 'EINVAL'),
  set_kernel_stack(vm, call) {
    vm.traps.setKernelStack(call.value('selector'), call.value('esp'));
    return 0;
  },
  set_gdt({ context }, call) {
    context.cpu.set(CPU.GDTR_BASE, call.value('table'));
    context.cpu.set(CPU.GDTR_LIMIT, Math.max(0, call.value('length') - 1));
    return 0;
  },
  iret: returnFromHandler,
  halt(vm) {
    setIf(vm, true);
    vm.context.cpu.set(CPU.HALTED, 1);
    return 0;
  },
  yield: () => 0,
  shutdown(vm, call) {
    vm.platform.shutdown(call.value('code'));
    return 0;
  },
  send_message: (vm, call) => vm.mailbox.send(call.value('vm'), call.buffer('message').read()) ?? 0,
  vm_number: (vm) => vm.mailbox.number ?? 'ENODEV',
  receive_message(vm, call) {
    if (vm.mailbox.number === undefined) return 'ENODEV';
    const message = vm.mailbox.take(call.value('length'));
    if (message === 'too long') return 'EINVAL';
    if (message) call.buffer('buffer').write(message);
    return message?.length ?? 0;
  },
};
