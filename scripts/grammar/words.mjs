import { expand as words } from './braces.mjs';

/**
 * Words of NASM's language that the instruction table does not hold: directives, data and size words, the
 * preprocessor (NASM manual, chapters 3 to 8), and registers that Ringside does not have. Alternatives are in braces.
 */

/** Written bare or in brackets: `bits 16`, `[bits 16]`. */
export const DIRECTIVES = words(`
  bits use16 use32 use64 default section segment sect absolute extern required global common static cpu float dollarhex
  org group import export library module map uppercase warning debug pragma list limit options osabi safeseh subsection
  prefix suffix gprefix gpostfix lprefix lpostfix postfix gsuffix lsuffix`);

/** What a `pragma` of one output format may say; NASM counts them as directives. */
export const PRAGMAS = words('subsections_via_symbols no_dead_strip maxdump nodepend noseclabels');

/** Macros of the standard package and pseudo-instructions. */
export const PSEUDO = words('equ incbin times align alignb sectalign struc endstruc istruc iend at');

export const DATA = words('db dw dd dq dt do dy dz resb resw resd resq rest reso resy resz');

export const SIZES = words('byte word dword long qword tword oword yword zword near far short strict nosplit rel abs ptr to dup seg wrt');

/** The prefixes that the table does not have. */
export const OTHER_PREFIXES = words('xacquire xrelease bnd nobnd {a,o}{16,32,64} asp osp');

/** Words that are never a symbol, instructions and registers apart. */
export const RESERVED = [...DIRECTIVES, ...PSEUDO, ...DATA, ...SIZES, ...OTHER_PREFIXES];

/** After `%if`, `%ifn`, `%elif` and `%elifn`. */
export const CONDITIONALS = words('def defalias macro ctx env file idn idni id num str token empty using usable difi directive');

export const PREPROCESSOR = words(`
  define idefine xdefine ixdefine undef assign iassign defstr idefstr deftok ideftok defalias idefalias undefalias
  strlen istrlen strcat istrcat substr isubstr pathsearch ipathsearch macro imacro rmacro irmacro endmacro endm unmacro unimacro
  rotate rep endrep exitrep exitmacro if else endif include require depend idepend use push pop repl
  error warning fatal note pragma line arg local stacksize clear comment endcomment aliases null const iconst`);

/** Preprocessor words that give the next word a name, and the kind of name. */
export const MACRO_DEFINITIONS = words('macro imacro rmacro irmacro unmacro unimacro');
export const CONSTANT_DEFINITIONS = words(`
  define idefine xdefine ixdefine undef assign iassign defstr idefstr deftok ideftok defalias idefalias undefalias
  strlen istrlen strcat istrcat substr isubstr pathsearch ipathsearch const iconst`);

/** After `{`, behind an operand or before a mnemonic: encoding prefixes, rounding, broadcast, zeroing. */
export const DECORATORS = words('evex vex{,2,3} rex{,2} nf zu pt pn z sae r{n,d,u,z}-sae 1to{2,4,8,16,32}');

/** `__?Infinity?__` is a number; the other tokens of this form that are not macros are functions (NASM manual, chapter 3). */
export const SPECIAL_FLOATS = words('infinity nan qnan snan');
export const FUNCTIONS = words('float{8,16,32,64,80m,80e,128l,128h} bfloat16 utf{16,32}{,le,be} ilog2{e,w,f,c} masm_{ptr,flat}');

/** Registers that the instruction table does not have: those of x86-64 (APX included) and of the vector and matrix extensions. */
export const OTHER_REGISTERS = {
  general: words(`r{a,b,c,d}x r{s,b}p r{s,d}i {s,b}pl {s,d}il r{8..31}{,b,w,d}`),
  pointer: words('rip rflags'),
  segment: words('segr6 segr7'),
  control: words('cr{0..31}'),
  debug: words('dr{0..31}'),
  test: words('tr{0..7}'),
  sse: words('xmm{8..31}'),
  avx: words('{y,z}mm{0..31}'),
  mask: words('k{0..7}'),
  bound: words('bnd{0..3}'),
  tile: words('tmm{0..7}'),
};

/** Instructions that only ring 0 may use by default, although the manual does not say so of their encoding. */
export const UNEXECUTED_PRIVILEGED = words('monitor mwait');
/** Not privileged, and yet a hypervisor has to do with them. */
export const UNEXECUTED_SENSITIVE = words('vmcall vmmcall vmfunc vmgexit rdtscp syscall');
