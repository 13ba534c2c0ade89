/** The guests of bench/ that are written in assembly give what they give on QEMU, whatever runs their code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boot } from './play';

/** What each unit of work returns. */
const CHECKSUMS = {
  syscall: '95040010',
  interrupt: '4A81DE28',
  pagefault: '004EB600',
  divide: '1AD2AF18',
  invlpg: '00027100',
  switch: '000A6040',
  cr0: '80000033',
  portin: '03EF1480',
  portout: '00000001',
  flags: '6A5A2920',
  segments: 'A8194EA0',
  selfmodify: '23C3BB30',
  generate: '401F401F',
  codepage: '5B9579C0',
  reshape: '07BD45F9',
  fresh: '7D007D00',
  repmovs: '00310007',
  repstos: 'F0F0F048',
};
/** Enough for code to become hot in the first unit, and to run translated in the others. */
const UNITS = { on: 4, off: 2 };
const MOST = 200_000_000;

function unitsOf(guest: string, translate: 'on' | 'off'): string[] {
  const { vm, serial } = boot('bench/guests/kernel.asm', 'bare', { define: { GUEST: `"${guest}.asm"` }, memory: 64, translate });
  let printed = '';
  serial.on((bytes) => {
    printed += Buffer.from(bytes).toString('latin1');
  });
  const lines = () => printed.trim().split('\n').slice(1);
  while (lines().length < UNITS[translate] && vm.retired < MOST) vm.run(1_000_000, 10_000);
  return lines().slice(0, UNITS[translate]);
}

for (const [guest, checksum] of Object.entries(CHECKSUMS))
  test(guest, () => {
    for (const translate of ['on', 'off'] as const) assert.deepEqual(unitsOf(guest, translate), Array(UNITS[translate]).fill(checksum), `translate ${translate}`);
  });
