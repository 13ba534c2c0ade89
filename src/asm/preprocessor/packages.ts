/** Macro packages for %use (NASM manual, chapter 6): their lines. */
import type { SourceLine } from '../token';
import { splitLines } from '../lexer';

const FLOATS = ['8', '16', '32', '64', '80m', '80e', '128l', '128h'];
const REGISTERS = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const LOW = ['al', 'cl', 'dl', 'bl'];
const HIGH = ['ah', 'ch', 'dh', 'bh'];

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  fp: [
    ...['Infinity', 'QNaN', 'SNaN', 'NaN'].map((name) => `%define ${name === 'Infinity' ? 'Inf' : name} __?${name}?__`),
    ...FLOATS.map((format) => `%define float${format}(x) __?float${format}?__(x)`),
    '%define bfloat16(x) __?bfloat16?__(x)',
    '%imacro bf16 1-*.nolist',
    '%rep %0',
    'dw __?bfloat16?__(%1)',
    '%rotate 1',
    '%endrep',
    '%endmacro',
  ],
  ifunc: [
    ...['', 'e'].map((suffix) => `%define ilog2${suffix}(x) (__?ilog2e?__(x))`),
    ...['w', 'fw'].map((suffix) => `%define ilog2${suffix}(x) (__?ilog2w?__(x))`),
    '%define ilog2f(x) (__?ilog2f?__(x))',
    ...['c', 'cw'].map((suffix) => `%define ilog2${suffix}(x) (__?ilog2c?__(x))`),
  ],
  smartalign: ['%imacro alignmode 1-2.nolist', '[alignmode %{1:-1}]', '%endmacro', 'alignmode generic'],
  altreg: [
    ...REGISTERS.flatMap((name, n) => [`%idefine r${n}d e${name}`, `%idefine r${n}w ${name}`]),
    ...LOW.map((name, n) => `%idefine r${n}l ${name}`),
    ...HIGH.map((name, n) => `%idefine r${n}h ${name}`),
  ],
};

export const PACKAGE_NAMES = Object.keys(PACKAGES);

export const packageLines = (name: string): readonly SourceLine[] | undefined =>
  Object.hasOwn(PACKAGES, name) ? splitLines(PACKAGES[name].join('\n'), `%use ${name}`) : undefined;
