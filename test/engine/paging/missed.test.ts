/** Misses of the software TLB that generated code deals with by itself end as those do that TypeScript deals with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TLB } from '../../../src/memory/layout';
import { CPU } from '../../../src/x86/cpuState';
import { PF } from '../../../src/x86/exceptions';
import { CR0_WP } from '../../../src/x86/flags';
import { EAX, EBX } from '../../../src/x86/registers';
import { TestCpu } from '../../harness/testCpu';

const PAGE_AT = 0x8000;
const FRAME = 0x20000;
const [P, RW, US] = [1, 2, 4];

/** What answers at the frame, and who watches it. */
const FRAMES = ['ram', 'rom', 'device', 'code', 'traced'] as const;

function bench(): TestCpu {
  const made = new TestCpu();
  made.flat32();
  made.page(0x100000, [
    { linear: 0x1000, physical: 0x1000 },
    { linear: PAGE_AT, physical: FRAME },
  ]);
  return made;
}

const entryAt = ({ vm }: TestCpu): number => (vm.physical.read(0x100000, 4) & ~0xfff) + 4 * (PAGE_AT >>> 12);

function prepare(made: TestCpu, frame: (typeof FRAMES)[number], flags: number, wp: number): void {
  const { cpu, vm } = made;
  vm.physical.setKind(FRAME, FRAME + 0x1000, 'ram');
  vm.physical.u8.fill(0x99, vm.physical.ramOffset + FRAME, vm.physical.ramOffset + FRAME + 0x1000);
  vm.physical.write(entryAt(made), 4, FRAME | flags);
  cpu.set(CPU.CR0, (cpu.cr0 & ~CR0_WP) | wp);
  cpu.set(CPU.FAULT, 0);
  vm.context.stateChanged('translation');
  if (frame === 'rom' || frame === 'device') vm.physical.setKind(FRAME, FRAME + 0x1000, frame);
  vm.physical.markCode(FRAME, frame === 'code');
  vm.physical.markTraced(FRAME, frame === 'traced');
  cpu.setReg(EBX, PAGE_AT + 0x123);
  cpu.setReg(EAX, 0x11223344);
}

/** What is left behind. */
function outcome(made: TestCpu): unknown {
  const { cpu, vm } = made;
  return {
    entry: cpu.i32[(TLB >> 2) + (PAGE_AT >>> 12)],
    pte: vm.physical.read(entryAt(made), 4),
    bytes: [...vm.physical.u8.subarray(vm.physical.ramOffset + FRAME + 0x120, vm.physical.ramOffset + FRAME + 0x130)],
    eax: cpu.reg(EAX),
  };
}

const REGISTERS = { 1: 'al', 2: 'ax', 4: 'eax' } as const;

test('loads, stores and loads for update of each size, on each kind of page', () => {
  const [generated, other] = [bench(), bench()];
  for (const frame of FRAMES)
    for (const flags of [0, P, P | RW, P | US, P | RW | US])
      for (const wp of [0, CR0_WP])
        for (const size of [1, 2, 4] as const)
          for (const kind of ['load', 'store', 'update'] as const) {
            const register = REGISTERS[size];
            for (const one of [generated, other]) prepare(one, frame, flags, wp);
            const source = { load: `mov ${register}, [ebx]`, store: `mov [ebx], ${register}`, update: `xchg [ebx], ${register}` }[kind];
            const exit = generated.execute(source);
            const { linear } = other.vm;
            const stored = 0x11223344 & (size === 4 ? -1 : (1 << (8 * size)) - 1);
            const loaded = kind === 'store' ? 0 : linear.read(PAGE_AT + 0x123, size, kind === 'update');
            if (kind !== 'load' && other.cpu.get(CPU.FAULT) === 0) linear.write(PAGE_AT + 0x123, size, stored);
            const name = `${source} ${frame} ${flags} ${wp}`;
            const fault = other.cpu.get(CPU.FAULT);
            if (fault) assert.deepEqual(exit, { kind: 'fault', vector: PF, errorCode: other.cpu.get(CPU.FAULT_CODE) }, name);
            else {
              assert.notEqual(exit.kind, 'fault', name);
              if (kind !== 'store') other.cpu.setRegSized(EAX, size, loaded);
            }
            assert.equal(generated.cpu.get(CPU.CR2), other.cpu.get(CPU.CR2), name);
            assert.deepEqual(outcome(generated), outcome(other), name);
          }
});
