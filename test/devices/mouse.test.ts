import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Keyboard } from '../../src/devices/keyboard';
import { out, RecordingLine, roundTrip } from './support';

const make = () => {
  const clock = new GuestClock();
  const irq1 = new RecordingLine();
  const irq12 = new RecordingLine();
  const controller = new Keyboard(clock, irq1, { a20: true, reset() {} }, irq12);
  const status = () => controller.read(1, 0, 1);
  const data = () => controller.read(0, 0, 1);
  const command = (...bytes: number[]) => out(controller, 1, 0, ...bytes);
  const config = (value: number) => {
    command(0x60);
    out(controller, 0, 0, value);
  };
  /** Bytes by where they come from. */
  const collect = (ms = 500) => {
    const bytes = { keyboard: [] as number[], mouse: [] as number[] };
    for (const end = clock.now() + ms * 1_000_000; clock.now() < end; ) {
      clock.advanceTo(Math.min(end, clock.nextDue() ?? end));
      if (status() & 1) bytes[status() & 0x20 ? 'mouse' : 'keyboard'].push(data());
    }
    return bytes;
  };
  /** Commands to the mouse, and its answers. */
  const send = (...values: number[]) =>
    values.flatMap((value) => {
      command(0xd4);
      out(controller, 0, 0, value);
      return collect(10).mouse;
    });
  command(0xa8);
  return { clock, irq1, irq12, controller, status, data, command, config, collect, send };
};

const REPORT = 0xf4;

test('reset, identity, status and unknown commands', () => {
  const { send } = make();
  assert.deepEqual(send(0xff), [0xfa, 0xaa, 0x00]);
  assert.deepEqual(send(0xf2), [0xfa, 0x00]);
  assert.deepEqual(send(0xe9), [0xfa, 0x00, 0x02, 100]);
  assert.deepEqual(send(0xe8, 3, 0xf3, 40, 0xe7, REPORT), [0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa]);
  assert.deepEqual(send(0xe9), [0xfa, 0x30, 0x03, 40]);
  assert.deepEqual(send(0xfe), [0xfa, 0x30, 0x03, 40], 'again');
  assert.deepEqual(send(0xf6, 0xe9), [0xfa, 0xfa, 0x00, 0x02, 100]);
  assert.deepEqual(send(0xe8, 4), [0xfa, 0xfe]);
  assert.deepEqual(send(0x12), [0xfe]);
});

test('packets: signs, buttons, large movements in pieces', () => {
  const { controller, collect, send } = make();
  controller.moveMouse({ dx: 1 });
  assert.deepEqual(collect().mouse, [], 'not while reporting is off');
  send(REPORT);
  controller.moveMouse({ dx: 5, dy: -3 });
  assert.deepEqual(collect().mouse, [0x28, 0x05, 0xfd]);
  controller.moveMouse({ buttons: 1 });
  controller.moveMouse({ dx: -2 });
  controller.moveMouse({ buttons: 6 });
  controller.moveMouse({ buttons: 0 });
  assert.deepEqual(collect().mouse, [0x19, 0xfe, 0x00, 0x0e, 0x00, 0x00, 0x08, 0x00, 0x00]);
  controller.moveMouse({ dx: 300, dy: 255 });
  assert.deepEqual(collect().mouse, [0x08, 0xff, 0xff, 0x08, 45, 0x00]);
  controller.moveMouse({ buttons: 0 });
  assert.deepEqual(collect().mouse, [], 'nothing has changed');
});

test('the wheel comes after 200, 100, 80', () => {
  const { controller, collect, send } = make();
  send(REPORT);
  controller.moveMouse({ wheel: 1, dx: 1 });
  assert.deepEqual(collect().mouse, [0x08, 0x01, 0x00]);
  send(0xf3, 200, 0xf3, 100, 0xf3, 80);
  assert.deepEqual(send(0xf2), [0xfa, 0x03]);
  controller.moveMouse({ wheel: -1 });
  assert.deepEqual(collect().mouse, [0x08, 0x00, 0x00, 0xff]);
  send(0xff);
  assert.deepEqual(send(0xf2), [0xfa, 0x00]);
});

test('scaling 2:1 in stream mode; remote mode waits to be asked; wrap mode echoes', () => {
  const { controller, collect, send } = make();
  send(0xe7, REPORT);
  controller.moveMouse({ dx: 4, dy: -10 });
  assert.deepEqual(collect().mouse, [0x28, 0x06, 0xec]);
  send(0xf0);
  controller.moveMouse({ dx: 4, buttons: 2 });
  assert.deepEqual(collect().mouse, []);
  assert.deepEqual(send(0xeb), [0xfa, 0x0a, 0x04, 0x00], 'not scaled');
  assert.deepEqual(send(0xeb), [0xfa, 0x0a, 0x00, 0x00]);
  assert.deepEqual(send(0xe9), [0xfa, 0x71, 0x02, 100]);
  assert.deepEqual(send(0xee, 0x55, 0xf2, 0xec, 0xf2), [0xfa, 0x55, 0xf2, 0xfa, 0xfa, 0x00]);
});

test('IRQ 12 when the controller lets it, apart from the keyboard', () => {
  const { controller, config, irq1, irq12, collect, send, clock, status, data } = make();
  send(REPORT);
  assert.equal(irq12.edges, 0);
  config(0x47);
  controller.moveMouse({ dx: 1 });
  clock.advanceTo(clock.now() + 1_000_000);
  assert.equal(status() & 0x21, 0x21);
  assert.deepEqual([irq1.level, irq12.level], [false, true]);
  assert.equal(data(), 0x08);
  assert.ok(!irq12.level);
  collect();
  assert.equal(irq12.edges, 3);
  controller.moveMouse({ dx: 1 });
  controller.type('a');
  assert.deepEqual(collect(), { keyboard: [0x1e, 0x9e], mouse: [0x08, 0x01, 0x00] });
  assert.equal(irq1.edges, 2);
});

test('the interface can be tested, looped back and disabled', () => {
  const { controller, command, config, data, status, irq12, collect, send } = make();
  config(0x47);
  command(0xa9);
  assert.equal(data(), 0x00);
  command(0xd3);
  out(controller, 0, 0, 0x5a);
  assert.equal(status() & 0x21, 0x21);
  assert.ok(irq12.level);
  command(0xd0);
  assert.equal(data() & 0x30, 0x20, 'read output port: what was in the buffer is overwritten');
  send(REPORT);
  command(0xa7);
  command(0x20);
  assert.equal(data() & 0x20, 0x20);
  controller.moveMouse({ dx: 7 });
  assert.deepEqual(collect().mouse, []);
  command(0xa8);
  assert.deepEqual(collect().mouse, [0x08, 0x07, 0x00]);
});

test('state survives; reset forgets', () => {
  const { controller, collect, send } = make();
  send(0xf3, 200, 0xf3, 100, 0xf3, 80, REPORT);
  controller.moveMouse({ dx: 3, buttons: 1 });
  const [after, before] = roundTrip(controller, () => collect());
  assert.deepEqual(after, before);
  assert.deepEqual(controller.mouse.shift(), 0x09);
  controller.reset();
  assert.ok(!controller.mouse.ready);
});
