/** A run whose time is up at once: it still goes on by one turn, and looks like any other run afterwards. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { ECX, EDI } from '../../src/x86/registers';
import { boot } from '../guest/play';

for (const { id } of TECHNIQUES)
  test(`${id}: a step that takes longer than its deadline retires its instruction, and its block can be shown`, () => {
    const { vm } = boot('test/guest/realMode.asm', id);
    vm.recordEvents = true;
    assert.deepEqual(vm.run(1, -1), { kind: 'budget' });
    assert.equal(vm.retired, 1);
    vm.showBlock();
    assert.ok(vm.blocks().length > 0);
  });

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-deadline-'));
after(() => fs.rmSync(directory, { recursive: true }));

function write(name: string, body: string): string {
  const file = path.join(directory, `${name}.asm`);
  fs.writeFileSync(file, `%macro extra_descriptors 0\n%endmacro\n%include "${path.relative(directory, path.resolve('test/guest/lib/protected.inc'))}"\n${body}\n`);
  return file;
}

/** Beyond RAM, where each element is the bus's. */
const COUNT = 0x1000_0000;
const slowString = write('string', `main: mov edi, 0x40000000\nmov ecx, ${COUNT}\nrep stosd`);
/** Each of these jumps ends a block that nobody has translated yet. */
const freshBlocks = write('blocks', `main: ${'jmp short $ + 2\n'.repeat(4000)}hlt`);

for (const { id } of TECHNIQUES) {
  test(`${id}: a repeated instruction whose elements are slow is left soon after its time is up`, () => {
    const { vm } = boot(slowString, id);
    const { cpu } = vm.machine;
    while (cpu.reg(ECX) === COUNT || cpu.reg(EDI) >>> 28 !== 4) vm.run(Number.MAX_SAFE_INTEGER, -1);
    for (let left = cpu.reg(ECX), n = 0; n < 4; n++, left = cpu.reg(ECX)) {
      vm.run(Number.MAX_SAFE_INTEGER, -1);
      const done = left - cpu.reg(ECX);
      assert.ok(done > 0 && done <= 8192, `${done} elements`);
    }
  });

  test(`${id}: code that is all new is left soon after its time is up`, () => {
    const { vm } = boot(freshBlocks, id);
    while (vm.retired < 500) vm.run(Number.MAX_SAFE_INTEGER, -1);
    for (let n = 0; n < 4; n++) {
      const before = vm.retired;
      vm.run(Number.MAX_SAFE_INTEGER, -1);
      assert.ok(vm.retired - before > 0 && vm.retired - before <= 300, `${vm.retired - before} blocks`);
    }
  });
}
