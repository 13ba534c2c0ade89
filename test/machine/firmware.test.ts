import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootable, cd, floppy, hardDisk, makeIso, makeMachine } from './support';

const row = (machine: ReturnType<typeof makeMachine>, n: number) => machine.board.screen().lines[n].trimEnd();

test('INT 10h: teletype, cursor and scrolling', () => {
  const m = makeMachine();
  for (const c of 'Hi\r\nyou') m.call(0x10, { eax: 0x0e00 | c.charCodeAt(0) });
  assert.deepEqual([row(m, 0), row(m, 1)], ['Hi', 'you']);
  m.call(0x10, { eax: 0x0300, ebx: 0 });
  assert.equal(m.registers.read('dx'), 0x0103);
  assert.deepEqual(m.board.screen().cursor, { column: 3, row: 1, visible: true });
  m.call(0x10, { eax: 0x0601, ebx: 0x1f00, ecx: 0, edx: 0x184f });
  assert.equal(row(m, 0), 'you');
  m.call(0x10, { eax: 0x0200, edx: 0x184f, ebx: 0 });
  m.call(0x10, { eax: 0x0e58 });
  assert.equal(m.board.screen().lines[23][79], 'X', 'the last column scrolls');
  m.call(0x10, { eax: 0x0003 });
  assert.equal(row(m, 23), '');
});

test('INT 10h: 40 columns', () => {
  const m = makeMachine();
  m.call(0x10, { eax: 0x0001 });
  for (const c of `${'-'.repeat(39)}>next`) m.call(0x10, { eax: 0x0e00 | c.charCodeAt(0) });
  const { lines } = m.board.screen();
  assert.deepEqual([lines.length, lines[0], lines[1].trimEnd()], [25, `${'-'.repeat(39)}>`, 'next']);
  m.call(0x10, { eax: 0x0f00 });
  assert.equal(m.registers.read('ax'), 0x2801);
  const { width, height } = m.board.vga.picture();
  assert.deepEqual([width, height], [360, 400]);
});

test('INT 10h: strings, cells and queries', () => {
  const m = makeMachine();
  m.memory.writeBytes(0x5000, new TextEncoder().encode('hello'));
  m.call(0x10, { eax: 0x1301, ebx: 0x0004, ecx: 5, edx: 0x0205, es: 0x500, ebp: 0 });
  assert.equal(row(m, 2), '     hello');
  m.call(0x10, { eax: 0x0200, edx: 0x0205 });
  m.call(0x10, { eax: 0x0800 });
  assert.equal(m.registers.read('ax'), 0x0468);
  m.call(0x10, { eax: 0x0941, ebx: 0x1e, ecx: 3 });
  assert.equal(row(m, 2), '     AAAlo');
  m.call(0x10, { eax: 0x0f00 });
  assert.equal(m.registers.read('ax'), 0x5003);
  m.call(0x10, { eax: 0x1a00 });
  assert.deepEqual([m.registers.read('al'), m.registers.read('bx')], [0x1a, 8]);
  m.call(0x10, { eax: 0x09_41, ebx: 0, ecx: 0xffff });
});

test('INT 13h: CHS read, write and errors', () => {
  const image = bootable(4096);
  image.fill(0xab, 512, 1024);
  const m = makeMachine([floppy(image)]);
  const read = m.call(0x13, { eax: 0x0201, ecx: 0x0002, edx: 0, es: 0x1000, ebx: 0x20 });
  assert.equal(read.flags.CF, false);
  assert.equal(m.registers.read('ax'), 0x0001);
  assert.equal(m.memory.read8(0x10020), 0xab);
  assert.equal(read.sentence, 'INT 13h AH=02h: read 1 sector at C/H/S 0/0/2 to 1000:0020: done');
  assert.equal(m.call(0x13, { eax: 0x0301, ecx: 0x0003 }).flags.CF, false);
  assert.equal(image[1024], 0, 'the image itself is not written');
  const beyond = m.call(0x13, { eax: 0x0201, ecx: 0x0013 });
  assert.deepEqual([beyond.flags.CF, m.registers.read('ax')], [true, 0x0400]);
  assert.equal(m.call(0x13, { eax: 0x0100 }).flags.CF, true, 'status is kept');
  const absent = m.call(0x13, { eax: 0x0201, ecx: 1, edx: 0x81 });
  assert.deepEqual([absent.flags.CF, m.registers.read('ah')], [true, 0x80]);
  m.call(0x13, { eax: 0x0800, edx: 0 });
  assert.deepEqual([m.registers.read('cx'), m.registers.read('dx'), m.registers.read('bl')], [0x4f12, 0x0101, 4]);
});

test('INT 13h: LBA extensions on a hard disk', () => {
  const image = bootable(1 << 20);
  image.fill(0xcd, 512 * 100, 512 * 102);
  const m = makeMachine([hardDisk(image)]);
  assert.equal(m.call(0x13, { eax: 0x4100, ebx: 0x55aa, edx: 0x80 }).flags.CF, false);
  assert.equal(m.registers.read('bx'), 0xaa55);
  m.memory.writeBytes(0x600, Uint8Array.of(16, 0, 2, 0, 0, 0, 0, 0x20, 100, 0, 0, 0, 0, 0, 0, 0));
  assert.equal(m.call(0x13, { eax: 0x4200, ds: 0x60, esi: 0 }).flags.CF, false);
  assert.deepEqual([m.memory.read8(0x20000), m.memory.read8(0x203ff), m.memory.read8(0x20400)], [0xcd, 0xcd, 0]);
  m.memory.writeBytes(0x60f, Uint8Array.of(0xff));
  assert.equal(m.call(0x13, { eax: 0x4200 }).flags.CF, true);
  m.memory.writeBytes(0x700, Uint8Array.of(26, 0));
  assert.equal(m.call(0x13, { eax: 0x4800, esi: 0x100 }).flags.CF, false);
  assert.deepEqual([...m.memory.readBytes(0x710, 4)], [0, 8, 0, 0]);
});

test('keys go through IRQ 1 into the buffer and out of INT 16h', () => {
  const m = makeMachine();
  assert.ok(m.call(0x16, { eax: 0 }).retry);
  m.board.typeKeys('aB\n\x1b[A');
  m.runUntil(200_000_000);
  assert.equal(m.call(0x16, { eax: 0x0100 }).flags.ZF, false);
  const keys = [0, 0, 0, 0].map(() => {
    m.call(0x16, { eax: 0 });
    return m.registers.read('ax');
  });
  assert.deepEqual(keys, [0x1e61, 0x3042, 0x1c0d, 0x4800]);
  assert.ok(m.call(0x16, { eax: 0 }).retry);
});

test('INT 16h: control keys, Caps Lock and a full buffer', () => {
  const m = makeMachine();
  m.board.typeKeys('\x03\t\x1b');
  m.runUntil(200_000_000);
  const next = () => {
    m.call(0x16, { eax: 0 });
    return m.registers.read('ax');
  };
  assert.deepEqual([next(), next(), next()], [0x2e03, 0x0f09, 0x011b]);
  m.board.typeKeys('x'.repeat(20));
  m.runUntil(2_000_000_000);
  let count = 0;
  while (!m.call(0x16, { eax: 0 }).retry) count++;
  assert.equal(count, 15);
});

test('INT 15h: memory sizes and map, A20, move', () => {
  const m = makeMachine();
  m.call(0x15, { eax: 0x8800 });
  assert.equal(m.registers.read('ax'), 15 * 1024);
  const map: number[][] = [];
  m.registers.write('ebx', 0);
  do {
    m.call(0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 24, es: 0x1000, edi: 0 });
    const view = new DataView(m.memory.readBytes(0x10000, 20).buffer);
    map.push([view.getUint32(0, true), view.getUint32(8, true), view.getUint32(16, true)]);
  } while (m.registers.read('ebx'));
  assert.deepEqual(map, [
    [0, 0x9fc00, 1],
    [0x9fc00, 0x400, 2],
    [0xf0000, 0x10000, 2],
    [0x100000, 15 << 20, 1],
    [0xfec00000, 0x1000, 2],
    [0xfee00000, 0x1000, 2],
  ]);
  assert.equal(m.call(0x15, { eax: 0x2400 }).flags.CF, false);
  assert.deepEqual([m.board.a20, m.log], [false, ['a20 false']]);
  m.call(0x15, { eax: 0x2402 });
  assert.equal(m.registers.read('al'), 0);
  m.memory.writeBytes(0x3000, Uint8Array.of(1, 2, 3, 4));
  m.memory.writeBytes(0x2010, Uint8Array.of(0xff, 0xff, 0x00, 0x30, 0x00, 0x93, 0, 0, 0xff, 0xff, 0x00, 0x00, 0x20, 0x93, 0, 0));
  m.call(0x15, { eax: 0x8700, ecx: 2, es: 0x200, esi: 0 });
  assert.deepEqual([...m.memory.readBytes(0x200000, 4)], [1, 2, 3, 4]);
});

test('INT 15h AH=86h waits by guest time, woken by the clock', () => {
  const m = makeMachine();
  const request = { eax: 0x8600, ecx: 0, edx: 10_000 };
  assert.ok(m.call(0x15, request).retry);
  assert.ok(m.runUntil(5_000_000).includes(0x70));
  m.registers.write('eax', 0x8600);
  assert.ok(m.call(0x15, request).retry);
  m.runUntil(10_500_000);
  const done = m.call(0x15, request);
  assert.deepEqual([done.retry, done.flags.CF], [false, false]);
  assert.deepEqual(
    m.runUntil(20_000_000).filter((v) => v === 0x70),
    [],
  );
});

test('INT 19h boots the first bootable drive, or says so', () => {
  const m = makeMachine([floppy(new Uint8Array(512)), hardDisk()]);
  assert.equal(m.call(0x19).jump, '0:7c00');
  assert.equal(m.registers.read('dl'), 0x80);
  assert.equal(m.memory.read8(0x7dfe), 0x55);
  const none = makeMachine();
  assert.equal(none.call(0x19).jump, 'f000:9000');
  assert.equal(row(none, 0), 'No bootable disk');
});

test('INT 1Ah reads clock and date; INT 14h sends', () => {
  const m = makeMachine();
  m.call(0x1a, { eax: 0x0400 });
  assert.deepEqual([m.registers.read('cx'), m.registers.read('dx')], [0x2005, 0x0101]);
  m.call(0x1a, { eax: 0x0100, ecx: 1, edx: 2 });
  assert.deepEqual([...m.memory.readBytes(0x46c, 4)], [2, 0, 1, 0]);
  const sent: number[] = [];
  m.board.serial.on((byte) => sent.push(byte));
  m.call(0x14, { eax: 0x0141, edx: 0 });
  assert.deepEqual(sent, [0x41]);
});

test('an unknown service says so', () => {
  const m = makeMachine();
  const dos = m.call(0x21, { eax: 0x0900 });
  assert.equal(dos.flags.CF, true);
  assert.equal(m.registers.read('ah'), 0x86);
  assert.equal(dos.sentence, 'INT 21h AH=09h: not a service of this BIOS; CF=1, AH=86h');
});

test('exceptions that nobody hooked halt with a message; interrupts end', () => {
  const m = makeMachine();
  m.memory.writeBytes(0x7bfa, Uint8Array.of(0x34, 0x12, 0x00, 0x07));
  const divide = m.call(0x00, { ss: 0, esp: 0x7bfa });
  assert.equal(divide.jump, 'f000:9010');
  assert.match(row(m, 0), /^Exception 00h \(divide error\) at 0700:1234/);
  assert.equal(m.call(0x0d).jump, 'f000:9010', 'IRQ 5 is not in service: general protection');
  m.bus.write('port', 0x21, 1, 0);
  m.board.pic.input(5).raise();
  assert.equal(m.board.pic.acknowledge(), 0x0d);
  assert.equal(m.call(0x0d).jump, undefined);
  assert.equal(m.board.pic.registers.isr, 0);
});

test('Ctrl+Alt+Delete pulls the reset line', () => {
  const m = makeMachine();
  for (const code of [0x1d, 0x38, 0x53]) {
    m.bus.write('port', 0x64, 1, 0xd2);
    m.bus.write('port', 0x60, 1, code);
    m.runUntil(m.clock.now() + 1000);
  }
  assert.ok(m.log.includes('reset'));
});

test('INT 15h AH=53h: APM is there, and switches the machine off', () => {
  const m = makeMachine();
  m.call(0x15, { ax: 0x5300, bx: 0 });
  assert.deepEqual([m.registers.read('ax'), m.registers.read('bx')], [0x0102, 0x504d]);
  for (const ax of [0x5301, 0x530f, 0x5308]) assert.equal(m.call(0x15, { ax, bx: 0, cx: 1 }).flags.CF, false);
  assert.equal(m.call(0x15, { ax: 0x530b }).flags.CF, true);
  assert.equal(m.call(0x15, { ax: 0x5307, bx: 7, cx: 3 }).flags.CF, true, 'no such device');
  assert.deepEqual(m.log, []);
  m.call(0x15, { ax: 0x5307, bx: 1, cx: 3 });
  assert.deepEqual(m.log, ['exit 0']);
});

test('INT 10h: graphics modes have pixels and characters', () => {
  const m = makeMachine();
  for (const mode of [0x04, 0x06, 0x0d, 0x0e, 0x10, 0x11, 0x12, 0x13]) {
    const { sentence } = m.call(0x10, { ax: mode });
    assert.match(sentence, /graphics/);
    m.call(0x10, { ax: 0x0c01, bx: 0, cx: 9, dx: 20 });
    m.call(0x10, { ax: 0x0d00, bx: 0, cx: 9, dx: 20 });
    assert.equal(m.registers.read('al'), 1, `mode ${mode.toString(16)}`);
    m.call(0x10, { ax: 0x0e41, bx: 1 });
    m.call(0x10, { ax: 0x0200, bx: 0, dx: 0 });
    m.call(0x10, { ax: 0x0800, bx: 0 });
    assert.equal(m.registers.read('al'), 0x41, `mode ${mode.toString(16)}: the glyph is recognized`);
    m.call(0x10, { ax: 0x0601, bx: 0, cx: 0, dx: 0x184f });
    m.call(0x10, { ax: 0x0800, bx: 0 });
    assert.equal(m.registers.read('al'), 0, 'scrolled away: the first glyph that is blank');
  }
  assert.match(m.call(0x10, { ax: 0x0099 }).sentence, /does not exist/);
});

test('INT 10h: fonts, palette and 50 rows', () => {
  const m = makeMachine();
  m.call(0x10, { ax: 0x0003 });
  m.call(0x10, { ax: 0x1112, bx: 0 });
  assert.deepEqual([m.board.screen().rows, m.memory.read8(0x484)], [50, 49]);
  m.call(0x10, { ax: 0x1130, bx: 0x0600 });
  assert.equal(m.registers.read('es'), 0xf000);
  m.call(0x10, { ax: 0x1010, bx: 5, dx: 0x1000, cx: 0x2030 });
  m.call(0x10, { ax: 0x1015, bx: 5 });
  assert.deepEqual([m.registers.read('dh'), m.registers.read('cx')], [0x10, 0x2030]);
  m.call(0x10, { ax: 0x1003, bx: 0 });
  assert.equal(m.board.vga.state.attribute[0x10] & 8, 0, 'intensity instead of blinking');
});

test('INT 10h AH=4Fh: VBE modes, banks, scan lines and panning', () => {
  const m = makeMachine([], 16 << 20, { videoMemory: new Uint8Array(4 << 20) });
  const call = (ax: number, values: Record<string, number> = {}) => {
    m.call(0x10, { ax, ...values });
    return m.registers.read('ax');
  };
  assert.equal(call(0x4f00, { es: 0x2000, di: 0 }), 0x004f);
  assert.equal(String.fromCharCode(...m.memory.readBytes(0x20000, 4)), 'VESA');
  assert.equal(call(0x4f01, { cx: 0x112, es: 0x2000, di: 0 }), 0x004f);
  assert.deepEqual([...m.memory.readBytes(0x20000 + 18, 4)], [0x80, 0x02, 0xe0, 0x01]);
  assert.equal(call(0x4f01, { cx: 0x1ff }), 0x014f, 'no such mode');
  assert.equal(call(0x4f05, { bx: 0, dx: 1 }), 0x034f, 'not in a text mode');
  assert.equal(call(0x4f02, { bx: 0x101 }), 0x004f);
  assert.deepEqual([m.board.vga.picture().width, m.board.vga.picture().height], [640, 480]);
  assert.equal(call(0x4f05, { bx: 0, dx: 3 }), 0x004f);
  m.bus.write('memory', 0xa0000, 1, 0x77);
  assert.equal(m.board.vga.memory[3 << 16], 0x77);
  assert.equal(call(0x4f05, { bx: 0, dx: 500 }), 0x014f, 'beyond the memory');
  assert.equal(call(0x4f06, { bx: 0, cx: 1024 }), 0x004f);
  assert.equal(m.registers.read('bx'), 1024);
  assert.equal(call(0x4f07, { bx: 0, cx: 8, dx: 100 }), 0x004f);
  assert.equal(call(0x4f07, { bx: 0, cx: 8, dx: 60000 }), 0x014f);
  assert.equal(call(0x4f02, { bx: 3 }), 0x004f);
  assert.equal(m.board.vga.picture().kind, 'text');
});

test('INT 13h shows the diskette that a CD emulates, before the real one', () => {
  const code = bootable();
  const iso = makeIso(code, { media: 2, count: 1, sectors: 800 });
  iso[20 * 2048 + 512] = 0x5a; // the second sector of the diskette
  const m = makeMachine([cd(iso), floppy()]);
  assert.equal(m.call(0x19).jump, '0:7c00');
  assert.equal(m.registers.read('dx'), 0);
  const disk = (values: Record<string, number>) => m.call(0x13, { es: 0, ds: 0, bx: 0x8000, ...values });
  assert.equal(disk({ ax: 0x0201, cx: 2, dx: 0 }).flags.CF, false);
  assert.equal(m.memory.read8(0x8000), 0x5a);
  disk({ ax: 0x0301, cx: 2, dx: 0 });
  assert.equal(m.registers.read('ah'), 0x03, 'write-protected');
  disk({ ax: 0x0800, dx: 0 });
  assert.deepEqual([m.registers.read('cx'), m.registers.read('dx'), m.registers.read('bl')], [0x4f12, 0x0102, 4], '80 cylinders, 2 heads, 18 sectors; two drives');
  assert.equal(disk({ ax: 0x0201, cx: 1, dx: 1 }).flags.CF, false, 'the real one has moved up');
  assert.equal(disk({ ax: 0x4b01, dx: 0x7f, esi: 0x9000 }).flags.CF, false);
  assert.deepEqual([...m.memory.readBytes(0x9000, 3)], [0x13, 2, 0]);
  disk({ ax: 0x4b00, dx: 0x7f, esi: 0x9000 });
  disk({ ax: 0x0201, cx: 2, dx: 0 });
  assert.notEqual(m.memory.read8(0x8000), 0x5a, 'the real one is back');
  assert.equal(disk({ ax: 0x4b01, dx: 0, esi: 0x9000 }).flags.CF, true);
});

test('INT 13h shows the hard disk that a CD emulates', () => {
  const code = bootable();
  code.set([0x80, 0, 1, 0, 6, 3, 17, 1], 0x1be); // ends at head 3, sector 17
  new DataView(code.buffer).setUint32(0x1be + 8, 17, true);
  new DataView(code.buffer).setUint32(0x1be + 12, 2 * 4 * 17 - 17, true);
  const m = makeMachine([hardDisk(), cd(makeIso(code, { media: 4, count: 1, sectors: 200 }))].reverse());
  m.call(0x19);
  assert.equal(m.registers.read('dx'), 0x80);
  m.call(0x13, { ax: 0x0800, dx: 0x80 });
  assert.deepEqual([m.registers.read('cx'), m.registers.read('dx')], [0x0111, 0x0302], 'two cylinders of 4 × 17; two disks');
  assert.equal(m.memory.read8(0x475), 2);
});
