/** What guests and their authors read of the hypercall interface, written from the table: an include file for NASM, one for C, and a page. */
import { hexh } from '../../base/bits';
import {
  ABI_VERSION,
  DISCOVERY_LEAF,
  DISCOVERY_SIGNATURE,
  EVENT_BITS,
  HYPERCALLS,
  HYPERCALL_ERRORS,
  HYPERCALL_VECTOR,
  type HypercallArgument,
  type HypercallSpec,
  SHARED_PAGE,
  TRAP_FLAGS,
  errorsOf,
} from './table';

const SPECS: readonly HypercallSpec[] = HYPERCALLS;
const REGISTERS = ['EBX', 'ECX', 'EDX', 'ESI'];
const GENERATED = 'Written by scripts/generateHypercalls.mjs from src/vmm/hypercalls/table.ts.';

const upper = (name: string): string => name.replace(/([A-Z])/g, '_$1').toUpperCase();
const hex = (value: number): string => `0x${value.toString(16)}`;

interface Constant {
  readonly name: string;
  readonly value: string;
  readonly text: string;
}

const signature = (n: number): number => [0, 1, 2, 3].reduce((word, i) => word + DISCOVERY_SIGNATURE.charCodeAt(4 * n + i) * 2 ** (8 * i), 0);

const GROUPS: readonly (readonly [title: string, constants: readonly Constant[]])[] = [
  [
    'Discovery: CPUID leaf HC_LEAF answers with the signature in EBX, ECX, EDX; the next leaf with version, vector, first and last number',
    [
      { name: 'HC_LEAF', value: hex(DISCOVERY_LEAF), text: DISCOVERY_SIGNATURE },
      ...['EBX', 'ECX', 'EDX'].map((register, n): Constant => ({ name: `HC_SIGNATURE_${register}`, value: hex(signature(n)), text: DISCOVERY_SIGNATURE.slice(4 * n, 4 * n + 4) })),
      { name: 'HC_VERSION', value: String(ABI_VERSION), text: 'of this interface' },
      { name: 'HC_VECTOR', value: hex(HYPERCALL_VECTOR), text: 'of INT, where there is no VMCALL' },
    ],
  ],
  ['Numbers', SPECS.map(({ name, number, does }) => ({ name: `HC_${upper(name)}`, value: hex(number), text: does }))],
  ['Errors: results are their negatives', Object.entries(HYPERCALL_ERRORS).map(([name, { code, text }]) => ({ name: `HC_${name}`, value: String(code), text }))],
  ['Offsets in the shared page', Object.entries(SHARED_PAGE).map(([name, { offset, text }]) => ({ name: `SHARED_${upper(name)}`, value: String(offset), text }))],
  ['Bits of its events', Object.entries(EVENT_BITS).map(([name, { bit, text }]) => ({ name: `EVENT_${upper(name)}`, value: String(2 ** bit), text }))],
  ['Flags in the trap table', Object.entries(TRAP_FLAGS).map(([name, { mask, text }]) => ({ name: `TRAP_${name}`, value: String(mask), text }))],
];

const argumentTypes: Readonly<Record<HypercallArgument['kind'], string>> = { value: 'unsigned', page: 'unsigned', in: 'const void *', out: 'void *' };

export function nasmInclude(): string {
  const line = ({ name, value, text }: Constant): string => `${name.padEnd(24)}equ ${value.padEnd(12)}; ${text}`;
  const groups = GROUPS.flatMap(([title, constants]) => [`; ${title}.`, ...constants.map(line), '']);
  return [
    `; Ringside's hypercalls. ${GENERATED}`,
    '; Number in EAX; arguments in EBX, ECX, EDX, ESI; result in EAX. See docs/hypercalls.md.',
    '',
    ...groups,
    '; hypercall NUMBER, ARGUMENTS...: loads the registers in this order and calls.',
    '%macro hypercall 1-5',
    ...['ebx', 'ecx', 'edx', 'esi'].flatMap((register, n) => [`  %if %0 > ${n + 1}`, `        mov ${register}, %${n + 2}`, '  %endif']),
    '        mov eax, %1',
    '        vmcall',
    '%endmacro',
    '',
  ].join('\n');
}

const cFunction = (spec: HypercallSpec): string => {
  const list = spec.arguments.map(({ kind, name }) => `${argumentTypes[kind]}${argumentTypes[kind].endsWith('*') ? '' : ' '}${name}`);
  const passed = [0, 1, 2, 3].map((n) => (n < spec.arguments.length ? `(unsigned)${spec.arguments[n].name}` : '0'));
  return `/* ${spec.does} */\nstatic inline int hc_${spec.name}(${list.join(', ') || 'void'})\n{\n    return hypercall(HC_${upper(spec.name)}, ${passed.join(', ')});\n}\n`;
};

export function cHeader(): string {
  const line = ({ name, value, text }: Constant): string => `#define ${name.padEnd(24)} ${value.padEnd(12)} /* ${text} */`;
  const groups = GROUPS.flatMap(([title, constants]) => [`/* ${title}. */`, ...constants.map(line), '']);
  // IRET does not return, and takes its frame from the stack: assembly language.
  const functions = SPECS.filter(({ name }) => name !== 'iret').map(cFunction);
  return [
    `/* Ringside's hypercalls, for 32-bit code. ${GENERATED} */`,
    '#ifndef RINGSIDE_HYPERCALLS_H',
    '#define RINGSIDE_HYPERCALLS_H',
    '',
    ...groups,
    'static inline int hypercall(int number, unsigned ebx, unsigned ecx, unsigned edx, unsigned esi)',
    '{',
    '    int result;',
    '    __asm__ volatile ("vmcall" : "=a" (result) : "a" (number), "b" (ebx), "c" (ecx), "d" (edx), "S" (esi) : "memory");',
    '    return result;',
    '}',
    '',
    functions.join('\n'),
    '#endif',
    '',
  ].join('\n');
}

const sentenceOf = (argument: HypercallArgument): string => {
  const pointer = argument.kind === 'in' || argument.kind === 'out' ? `, pointer to ${argument.count}${argument.each > 1 ? ` × ${argument.each}` : ''} bytes` : '';
  const limit = argument.kind === 'value' && argument.max !== undefined ? `, up to ${argument.max > 9 ? hexh(argument.max) : argument.max}` : '';
  return `${argument.text}${pointer}${limit}`;
};

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${header.join(' | ')} |`,
  `|${header.map(() => '---|').join('')}`,
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
];

const callSection = (spec: HypercallSpec): string[] => [
  `### ${hexh(spec.number)} \`${spec.name}\``,
  '',
  spec.does,
  '',
  ...(spec.arguments.length > 0
    ? [
        ...table(
          ['register', 'argument', ''],
          spec.arguments.map((argument, n) => [REGISTERS[n], `\`${argument.name}\``, sentenceOf(argument)]),
        ),
        '',
      ]
    : []),
  `Result: ${spec.result}. Errors: ${errorsOf(spec).join(', ')}.`,
  '',
];

export function hypercallPage(): string {
  return [
    '# Hypercalls',
    '',
    `<!-- ${GENERATED} -->`,
    '',
    'A guest that runs under the technique `pv` calls the VMM where another would execute a sensitive instruction. The number of the call is in EAX, arguments are in EBX, ECX, EDX and ESI, the result is in EAX; negative results are errors. No other register changes. `examples/kernel/hypercalls.inc` has the names for NASM, `examples/kernel/hypercalls.h` for C.',
    '',
    `Calls are made by VMCALL, or by INT ${hexh(HYPERCALL_VECTOR)} on a processor without it; INT costs a trap. Only the guest’s kernel may call. Pointers are guest-linear, as the guest’s page tables have them; pages are guest-physical.`,
    '',
    `To find the interface: CPUID leaf ${hexh(DISCOVERY_LEAF)} answers with \`${DISCOVERY_SIGNATURE}\` in EBX, ECX, EDX, and leaf ${hexh(DISCOVERY_LEAF + 1)} with the version in EAX, the vector of INT in EBX, the first and last number in ECX and EDX. Under the other techniques there is no such leaf.`,
    '',
    '## Events',
    '',
    'The guest sets up a page that it shares with the VMM (`set_shared_page`). An event sets its bit there and arrives as an interrupt at the vector that the guest chose. To mask events the guest stores 1 into `mask`: no trap. When it clears the mask it must look at `pending`, and call `unmask_events` if that is set: the VMM does not see the store.',
    '',
    ...table(
      ['offset', 'bytes', 'field', ''],
      Object.entries(SHARED_PAGE).map(([name, { offset, size, text }]) => [String(offset), String(size), `\`${name}\``, text]),
    ),
    '',
    ...table(
      ['bit of events', 'event', ''],
      Object.entries(EVENT_BITS).map(([name, { bit, text }]) => [String(bit), `\`${name}\``, text]),
    ),
    '',
    '## Trap table',
    '',
    'An entry has eight bytes: vector, flags, code selector (two bytes), address of the handler. Handlers find what the processor pushes.',
    '',
    ...table(
      ['flag', 'value', ''],
      Object.entries(TRAP_FLAGS).map(([name, { mask, text }]) => [`\`${name}\``, String(mask), text]),
    ),
    '',
    '## Errors',
    '',
    ...table(
      ['error', 'result', ''],
      Object.entries(HYPERCALL_ERRORS).map(([name, { code, text }]) => [name, `−${code}`, text]),
    ),
    '',
    '## Calls',
    '',
    ...SPECS.flatMap(callSection),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

/** Files of the repository, and what is to be in them. */
export const INTERFACE_FILES = {
  'examples/kernel/hypercalls.inc': nasmInclude,
  'examples/kernel/hypercalls.h': cHeader,
  'docs/hypercalls.md': hypercallPage,
} as const;
