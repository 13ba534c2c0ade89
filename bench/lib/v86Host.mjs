/** Runs a Multiboot ELF on v86 and copies its serial output to stdout. `node v86Host.mjs PACKAGE ELF` */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [home, elf] = process.argv.slice(2);
const { V86 } = await import(pathToFileURL(path.join(home, 'build/libv86.mjs')).href);
const emulator = new V86({
  wasm_path: path.join(home, 'build/v86.wasm'),
  memory_size: 64 << 20,
  multiboot: { buffer: new Uint8Array(fs.readFileSync(elf)).buffer },
  autostart: true,
  disable_speaker: true,
});
emulator.add_listener('serial0-output-byte', (byte) => fs.writeSync(1, Uint8Array.of(byte)));
