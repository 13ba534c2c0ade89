/** A guest that attacks what its hypervisor keeps for it harms only itself: VMCS, extended and shadow page tables, the page shared with the VMM. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Machine } from '../../src/machine/machine';
import type { TechniqueId } from '../../src/protocol/techniques';
import { Hypervisor } from '../../src/vmm/hypervisor';
import { HardwareAssisted } from '../../src/vmm/techniques/hardwareAssisted';
import { VMM_MEMORY } from '../../src/vmm/vmcs/vmmMemory';
import { boot } from '../guest/play';

const LIMIT = 2_000_000;
const FIRST = { nestedPaging: false };
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-attacks-'));
after(() => fs.rmSync(directory, { recursive: true }));

/** A paravirtualized kernel that registers a shared page and then breaks its word; ESI is where the page is. */
function paravirtualAttack(name: string, page: string, body: string): string {
  const file = path.join(directory, `${name}.asm`);
  const include = (part: string): string => path.relative(directory, path.resolve(part));
  fs.writeFileSync(
    file,
    `%macro extra_descriptors 0
%endmacro
%include "${include('test/guest/lib/protected.inc')}"
%include "${include('examples/kernel/hypercalls.inc')}"
main:   hypercall HC_SET_SHARED_PAGE, ${page}, 0x40
        mov esi, ${page}
${body}
`,
  );
  return file;
}

const SHARED_PAGE_ATTACKS: Readonly<Record<string, string>> = {
  'fills it with ones': paravirtualAttack('ones', '0x10000', 'again: mov edi, esi\nmov ecx, 1024\nmov eax, -1\nrep stosd\nhypercall HC_SET_TIMER, 1\njmp again'),
  'fills it with noise while events arrive': paravirtualAttack(
    'noise',
    '0x10000',
    'mov ebp, 1\nagain: imul ebp, ebp, 1103515245\nadd ebp, 12345\nmov edi, ebp\nand edi, 0xffc\nmov [esi + edi], ebp\nhypercall HC_SET_TIMER, 1\nmov esi, 0x10000\njmp again',
  ),
  'has it where its handlers and stack are': paravirtualAttack(
    'stack',
    '0x6000',
    'mov byte [esi + SHARED_MASK], 0\nagain: hypercall HC_SET_TIMER, 1\nhypercall HC_HALT\njmp again',
  ),
  'registers every page in turn': paravirtualAttack('pages', '0x10000', 'again: hypercall HC_SET_SHARED_PAGE, esi, 0x40\nadd esi, 0x1000\njmp again'),
  'writes handlers that lead nowhere': paravirtualAttack('traps', '0x10000', 'hypercall HC_SET_TRAP_TABLE, esi, 256\nud2'),
};

/** What a guest does, as one number. */
function watch(machine: Machine) {
  const hash = createHash('sha256');
  machine.vm.recordEvents = true;
  machine.vm.eventSource.on((event) => hash.update(JSON.stringify(event)));
  return { machine, trace: () => hash.copy().update(machine.vm.stateHash()).digest('hex') };
}

const guestOf = (name: string, { vm }: Machine) => ({ name, vm, share: { weight: 256 }, limit: LIMIT });

/** Beside a victim: how the attacker ended. The victim must not notice. */
function beside(victim: () => Machine, attacker: Machine) {
  const alone = watch(victim());
  const solo = new Hypervisor([guestOf('alone', alone.machine)]);
  while (!solo.run(1000));
  const watched = watch(victim());
  const guests = [guestOf('attacker', attacker), guestOf('victim', watched.machine)];
  const hypervisor = new Hypervisor(guests);
  while (!hypervisor.run(1000));
  assert.deepEqual(hypervisor.endingOf(guests[1]), { kind: 'exited', code: 0 });
  assert.equal(watched.trace(), alone.trace());
  return hypervisor.endingOf(guests[0])!;
}

const vmcsOf = ({ vm }: Machine) => {
  const { technique } = vm.machine;
  assert.ok(technique instanceof HardwareAssisted);
  return technique.vmcs;
};

for (const launch of [{}, FIRST])
  test(`a VMCS${launch === FIRST ? ' of the first generation' : ''} is out of its guest’s reach`, () => {
    const attacker = boot('test/guest/vmcsAttack.asm', 'hvm', launch);
    const vmcs = vmcsOf(attacker);
    // Bitmaps and the MSR-load area; the extended page tables behind them change as pages are mapped.
    const kept = () =>
      createHash('sha256')
        .update(vmcs.memory.bytes(vmcs.read('ioBitmapA'), 4096))
        .update(vmcs.memory.bytes(vmcs.read('ioBitmapB'), 4096));
    // The read shadows are what the guest believes.
    const settings = () =>
      attacker.vm
        .vmcs()!
        .fields.filter(({ area, name }) => (area === 'control' || area === 'host') && !name.endsWith('Shadow'))
        .map(({ name, value }) => `${name} ${value}`);
    assert.ok(vmcs.read('ioBitmapA') >= VMM_MEMORY, 'where the guest stores, were it the host’s memory');
    const before = [kept().digest('hex'), ...settings()];
    assert.deepEqual(
      beside(() => boot('test/guest/timer.asm', 'hvm', launch), attacker),
      { kind: 'exited', code: 0 },
    );
    assert.deepEqual([kept().digest('hex'), ...settings()], before);
    assert.deepEqual(attacker.vm.vmcs()!.failures, []);
  });

for (const [technique, launch] of [
  ['trap', {}],
  ['bt', {}],
  ['bt', { translation: 'optimised' }],
  ['hvm', FIRST],
] as const)
  test(`shadow page tables are out of their guest’s reach: ${technique} ${JSON.stringify(launch)}`, () => {
    const attacker = boot('test/guest/shadowAttack.asm', technique, launch);
    assert.deepEqual(
      beside(() => boot('test/guest/paging.asm', technique, launch), attacker),
      { kind: 'exited', code: 0 },
    );
    attacker.vm.machine.linear.checkShadow();
  });

for (const [name, file] of Object.entries(SHARED_PAGE_ATTACKS))
  test(`a paravirtualized guest that ${name} harms itself`, () => {
    const ending = beside(() => boot('test/guest/timer.asm', 'pv' as TechniqueId), boot(file, 'pv'));
    assert.ok(['budget', 'halted', 'tripleFault', 'exited'].includes(ending.kind), JSON.stringify(ending));
  });
