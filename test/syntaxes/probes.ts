/** Lines of NASM source, each with a word of it and the scope that the word has: `[line, word, scope]`, the scope's `.asm` left out. */
export type Probe = readonly [line: string, word: string, scope: string];

const words = (text: string): string[] => text.trim().split(/\s+/);
const range = (stem: string, from: number, to: number, suffix = ''): string[] => Array.from({ length: to - from + 1 }, (_, i) => `${stem}${from + i}${suffix}`);

/** NASM's registers by class (manual, section 3.1 and appendix): 344. */
export const REGISTERS: Readonly<Record<string, readonly string[]>> = {
  'variable.other.register.general': [
    ...words('al ah bl bh cl ch dl dh ax bx cx dx sp bp si di eax ebx ecx edx esp ebp esi edi'),
    ...words('spl bpl sil dil rax rbx rcx rdx rsp rbp rsi rdi'),
    ...['', 'b', 'w', 'd'].flatMap((suffix) => range('r', 8, 31, suffix)),
  ],
  'variable.language.register.segment': words('es cs ss ds fs gs segr6 segr7'),
  'variable.language.register.control': range('cr', 0, 31),
  'variable.language.register.debug': range('dr', 0, 31),
  'variable.language.register.test': range('tr', 0, 7),
  'variable.other.register.fpu': range('st', 0, 7),
  'variable.other.register.mmx': range('mm', 0, 7),
  'variable.other.register.sse': range('xmm', 0, 31),
  'variable.other.register.avx': [...range('ymm', 0, 31), ...range('zmm', 0, 31)],
  'variable.other.register.tile': range('tmm', 0, 7),
  'variable.other.register.mask': range('k', 0, 7),
  'variable.other.register.bound': range('bnd', 0, 3),
};

/** The 62 directives of NASM 3, pseudo-instructions and the words of `pragma` included. */
export const DIRECTIVES = words(`
  absolute bits common cpu debug default dollarhex extern float global list pragma required sectalign section segment static warning
  prefix suffix postfix gprefix gsuffix gpostfix lprefix lsuffix lpostfix
  db dw dd dq dt do dy dz resb resw resd resq rest reso resy resz incbin equ
  export group import library map module org osabi safeseh uppercase limit options
  subsections_via_symbols no_dead_strip maxdump nodepend noseclabels`);

const ifs = ['', 'ctx', 'def', 'defalias', 'difi', 'directive', 'empty', 'env', 'file', 'id', 'idn', 'idni', 'macro', 'num', 'str', 'token', 'usable', 'using'];

/** Every directive of the preprocessor, `%if` in all its forms. */
export const PREPROCESSOR = [
  ...ifs.flatMap((condition) => [`%if${condition}`, `%ifn${condition}`, `%elif${condition}`, `%elifn${condition}`]),
  ...['assign', 'defalias', 'define', 'defstr', 'deftok', 'macro', 'pathsearch', 'rmacro', 'strcat', 'strlen', 'substr', 'xdefine'].flatMap((word) => [`%${word}`, `%i${word}`]),
  ...words(`%unmacro %unimacro %aliases %arg %clear %depend %else %endif %endm %endmacro %endrep %error %exitmacro %exitrep %fatal %include %line %local
    %null %note %pop %pragma %push %rep %repl %require %rotate %stacksize %undef %undefalias %use %warning`),
];

const PARAMETER = 'variable.parameter.macro';
export const PREPROCESSOR_TOKENS: readonly Probe[] = [
  ...words('%0 %00 %1 %12 %-1 %+1 %{1} %{1:3} %{-1:1} %{%x} %{$y} %? %?? %*? %*?? %* %+ %,').map((token): Probe => [`  mov eax, ${token}`, token, PARAMETER]),
  ['  jmp %%done', '%%done', 'entity.name.label.macro'],
  ['  jmp %$end', '%$end', 'entity.name.label.macro'],
  ['  jmp %$$end', '%$$end', 'entity.name.label.macro'],
  ['%%again: nop', '%%again', 'entity.name.label.macro'],
  ['  db %!HOME', '%!HOME', 'variable.other.environment'],
  ["  db %!'a b'", "%!'a b'", 'variable.other.environment'],
  ['  db %{!HOME}', '%{!HOME}', 'variable.other.environment'],
  ['  mov eax, %[x]', '%[', 'meta.preprocessor.expansion'],
  ['  mov eax, a %% b', '%%', 'keyword.operator'],
  ...words('__?FILE?__ __?LINE?__ __?BITS?__ __?NASM_VER?__ __?PASS?__ __FILE__ __LINE__ __BITS__ __NASM_VERSION_ID__ __OUTPUT_FORMAT__').map(
    (token): Probe => [`  db ${token}`, token, 'support.constant.predefined'],
  ),
  ...words('__?Infinity?__ __Infinity__ __?NaN?__ __QNaN__ __?SNaN?__').map((token): Probe => [`  dq ${token}`, token, 'constant.numeric.float.special']),
  ...words('__?float32?__ __float80m__ __?bfloat16?__ __?utf16le?__ __utf32be__ __?ilog2e?__').map((token): Probe => [`  dd ${token}(1)`, token, 'support.function.predefined']),
];

export const DATA_AND_SIZES: readonly Probe[] = [
  ...words('db dw dd dq dt do dy dz resb resw resd resq rest reso resy resz').flatMap((word): Probe[] => [
    [`  ${word} 1`, word, 'storage.type.data'],
    [`name ${word} 1`, word, 'storage.type.data'],
  ]),
  ...words('byte word dword qword tword oword yword zword near far short strict nosplit rel abs to seg wrt dup ptr').map(
    (word): Probe => [`  mov eax, ${word} x`, word, 'storage.modifier.size'],
  ),
];

const number = (kind: string, list: string): Probe[] => words(list).map((token): Probe => [`  dd ${token}, 1`, token, `constant.numeric.${kind}`]);
export const LITERALS: readonly Probe[] = [
  ...number('hex', '0x1F 0X1f 0h1f 1Fh 0FFH $1F $0a 0x1_F 1_Fh 0ffx'),
  ...number('binary', '0b1010 0y1010 1010b 1010y 1010_1010b 0b1010_0101'),
  ...number('octal', '0o17 0q17 17o 17q 7_7o'),
  ...number('decimal', '0 100 0d100 0t100 100d 100t 1_000 1_000d'),
  ...number('bcd', '12345p 0p33 1_2p'),
  ...number('float', '1.5 1. 1.5e3 1.e10 1e10 1e+10 1e-5 1_000.5 0x1p4 0x1.8p-3 0x.8p1 0h1.8p3 $1.8p3 0b1.1p3 0y1p1 0o1.7p2 0q1p0'),
  ["  db 'single'", 'single', 'string.quoted.single'],
  ["  db 'a;b', 1", 'a;b', 'string.quoted.single'],
  ['  db "double"', 'double', 'string.quoted.double'],
  ['  db "no \\n escape"', 'no \\n escape', 'string.quoted.double'],
  ['  db `back`', 'back', 'string.quoted.backtick'],
  ...words('\\n \\t \\0 \\377 \\x41 \\u263a \\U0001F600 \\` \\\\ \\e').map((text): Probe => [`  db \`a${text}b\``, text, 'constant.character.escape']),
];

const LABEL = 'entity.name.function.label';
export const SYMBOLS: readonly Probe[] = [
  ['start:', 'start', LABEL],
  ['start: mov ax, bx', 'start', LABEL],
  ['bare', 'bare', LABEL],
  ['again vaddps ymm1, ymm2, ymm3', 'again', LABEL],
  ['.local:', '.local', `${LABEL}.local`],
  ['.local jmp .local', '.local', `${LABEL}.local`],
  ['..@special:', '..@special', `${LABEL}.special`],
  ['..start:', '..start', `${LABEL}.special`],
  ['name db 1', 'name', LABEL],
  ['  jmp target', 'target', 'variable.other.label'],
  ['  jmp .loop', '.loop', 'variable.other.label.local'],
  ['  jmp global.loop', 'global.loop', 'variable.other.label'],
  ['  jmp ..@special', '..@special', 'variable.other.label.special'],
  ['  mov eax, x wrt ..got', '..got', 'variable.other.label.special'],
  ['  mov eax, $eax', '$eax', 'variable.other.label'],
  ['  jmp 0x10:entry', ':', 'punctuation.separator.segment'],
  ['  jmp word 0x10:entry', '0x10', 'constant.numeric.hex'],
  ['  mov ax, [es:di]', 'es', 'variable.language.register.segment'],
  ['  mov ax, seg x', 'seg', 'storage.modifier.size'],
  ['count equ 5', 'count', 'variable.other.constant'],
  ['  struc point', 'point', 'entity.name.type.struct'],
  ['  istruc point', 'point', 'entity.name.type.struct'],
  ['  at .x, db 1', '.x', 'variable.other.member'],
  ['  at point.x, db 1', 'at', 'keyword.other.directive'],
  ['section .text', '.text', 'entity.name.section'],
  ['  dd $ - $$', '$$', 'variable.language.position'],
  ['  outb 1, 2', 'outb', 'entity.name.function.macro'],
  ['  vaddps zmm1{k1}{z}, zmm2, zmm3', 'z', 'storage.modifier.decorator'],
  ['  vaddps zmm1, zmm2, zmm3, {rn-sae}', 'rn-sae', 'storage.modifier.decorator'],
  ['  vaddps zmm1, zmm2, [rax]{1to16}', '1to16', 'storage.modifier.decorator'],
  ['  {vex3} vaddps xmm1, xmm2, xmm3', 'vex3', 'storage.modifier.decorator'],
  ['  vaddps zmm1{k1}, zmm2, zmm3', 'k1', 'variable.other.register.mask'],
  ['  lock inc dword [x]', 'lock', 'keyword.other.prefix'],
];

export const COMMENTS: readonly Probe[] = [
  ['  nop ; cli', 'cli', 'comment.line.semicolon'],
  ['; goes on \\\ncli', 'cli', 'comment.line.semicolon'],
  ['; goes on \\\nand on \\\ncli', 'cli', 'comment.line.semicolon'],
  ['; over\n  cli', 'cli', 'support.function.privileged'],
  ['; a \\ within\n  cli', 'cli', 'support.function.privileged'],
  ['; goes on \\\nend\n  cli', 'cli', 'support.function.privileged'],
  ['  mov ax, \\\nx', 'x', 'variable.other.label'],
  ['  mov ax, \\\n1 + \\\nx', 'x', 'variable.other.label'],
  ['%define X \\\n y', 'y', 'variable.other.label'],
  ['%define X \\\n  cli \\\n  hlt\nstart', 'hlt', 'support.function.privileged'],
  ['%define X \\\n  cli \\\n  hlt\nstart', 'start', LABEL],
  ['  mov ax, \\\nx\nstart', 'start', LABEL],
  ['  mov ax, \\\n\nstart', 'start', LABEL],
  ['%%again: nop', ':', 'punctuation.separator.label'],
  ['%comment\n  cli\n%endcomment', 'cli', 'comment.block.preprocessor'],
  ['%comment\n  cli\n%endcomment\n  hlt', 'hlt', 'support.function.privileged'],
];

/** What instructions are to a hypervisor, and the extensions that have scopes of their own. */
export const CLASSES: Readonly<Record<string, readonly string[]>> = {
  'support.function.privileged': words(
    'cli sti hlt lgdt lidt lldt ltr lmsw clts invd wbinvd invlpg rdmsr wrmsr sysexit swapgs sysret xsetbv invpcid wbnoinvd monitor mwait clac stac encls pconfig xsaves xrstors wrmsrns lkgs erets',
  ),
  'support.function.privileged.virtualization': words(
    'vmxon vmxoff vmlaunch vmresume vmptrld vmptrst vmclear vmread vmwrite invept invvpid vmrun vmload vmsave stgi clgi skinit invlpga psmash pvalidate seamcall',
  ),
  'support.class.sensitive': words('popf pushf popfd pushfd sgdt sidt sldt smsw str lar lsl verr verw int iret retf rdtscp syscall'),
  'support.class.sensitive.virtualization': words('vmcall vmmcall vmfunc vmgexit'),
  'support.variable.io': words('in out insb insw insd outsb outsw outsd'),
  'keyword.control.flow': words('jmp je jnbe call ret loop loopne jecxz jrcxz loopeq jmpabs xbegin uiret'),
  'keyword.mnemonic.x87': words('fld fadd fsin fisttp fcmovbe fnstsw fxsave ffreep'),
  'keyword.mnemonic.simd': words(
    'paddb emms addps cvtpd2ps haddps pshufb pclmulqdq aesenc sha256rnds2 vaddps vaddph vaddbf16 vcmpeq_oqps vfmadd321sd vpcmpneqd kandnq vpgatherqd tdpbf16ps tileloadd pf2id vpmacsdd gf2p8mulb',
  ),
  'keyword.mnemonic': words('mov add cmovnge setpo setpozu cfcmovz cmpbexadd ccmpt popcnt crc32 andn bextr push2p movrs xchg nop rdrand endbr64 hint_nop63'),
};
