/** The include files and the page say what the table says. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { INTERFACE_FILES } from '../../../src/vmm/hypercalls/interfaceFiles';
import { HYPERCALLS, errorsOf } from '../../../src/vmm/hypercalls/table';

for (const [name, write] of Object.entries(INTERFACE_FILES))
  test(`${name} is up to date`, () => assert.equal(fs.readFileSync(name, 'utf8'), write(), 'run node scripts/generateHypercalls.mjs'));

test('numbers are consecutive and above KVM’s', () => {
  assert.deepEqual(
    HYPERCALLS.map(({ number }) => number),
    HYPERCALLS.map((_, n) => 0x100 + n),
  );
});

test('errors follow from the arguments', () => {
  const errors = (name: string) => errorsOf(HYPERCALLS.find((call) => call.name === name)!);
  assert.deepEqual(errors('yield'), ['EPERM']);
  assert.deepEqual(errors('console_write'), ['EPERM', 'EFAULT', 'EINVAL']);
  assert.deepEqual(errors('disk_read'), ['EPERM', 'EIO', 'EFAULT', 'ENODEV', 'EINVAL']);
});
