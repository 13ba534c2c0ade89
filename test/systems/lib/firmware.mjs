/** SeaBIOS and its VGA BIOS, from Debian's package. */

const rom = (debian, file) => debian.file(file, '^seabios$', new RegExp(`/seabios/${file.replace('.', '\\.')}$`));

/** The part of a machine that says which BIOS starts it; without `vga` its console is serial port 1. */
export const seabios = (debian, { image = 'bios-256k.bin', vga = true } = {}) => ({
  bios: rom(debian, image),
  ...(vga ? { vgaBios: rom(debian, 'vgabios-stdvga.bin') } : {}),
});
