/**
 * Words of NASM's language that the instruction table does not hold: directives, data and size words, the
 * preprocessor (NASM manual, chapters 3 to 8), and mnemonics that Ringside does not execute yet.
 */
const words = (text) => text.trim().split(/\s+/);

/** Written bare or in brackets: `bits 16`, `[bits 16]`. */
export const DIRECTIVES = words(`
  bits use16 use32 use64 default section segment sect absolute extern required global common static cpu float dollarhex
  org group import export library module map uppercase warning debug pragma list limit options osabi safeseh subsection
  prefix suffix gprefix gpostfix lprefix lpostfix postfix gsuffix lsuffix`);

/** Macros of the standard package and pseudo-instructions. */
export const PSEUDO = words('equ incbin times align alignb sectalign struc endstruc istruc iend at');

export const DATA = words('db dw dd dq dt do dy dz resb resw resd resq rest reso resy resz');

export const SIZES = words('byte word dword qword tword oword yword zword near far short strict nosplit rel abs ptr to dup seg wrt');

/** The prefixes that the table does not have. */
export const OTHER_PREFIXES = words('xacquire xrelease bnd nobnd a64 o64');

/** Words that are never a symbol, instructions and registers apart. */
export const RESERVED = [...DIRECTIVES, ...PSEUDO, ...DATA, ...SIZES, ...OTHER_PREFIXES];

/** After `%if`, `%ifn`, `%elif` and `%elifn`. */
export const CONDITIONALS = words('def macro ctx env idn idni id num str token empty using usable direc diropt defalias');

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

export const X87 = words(`
  f2xm1 fabs fadd faddp fbld fbstp fchs fclex fcmovb fcmovbe fcmove fcmovnb fcmovnbe fcmovne fcmovnu fcmovu fcom fcomi fcomip fcomp fcompp fcos fdecstp
  fdisi fdiv fdivp fdivr fdivrp feni ffree ffreep fiadd ficom ficomp fidiv fidivr fild fimul fincstp finit fist fistp fisttp fisub fisubr fld fld1 fldcw fldenv
  fldl2e fldl2t fldlg2 fldln2 fldpi fldz fmul fmulp fnclex fndisi fneni fninit fnop fnsave fnstcw fnstenv fnstsw fpatan fprem fprem1 fptan frndint frstor fsave
  fscale fsetpm fsin fsincos fsqrt fst fstcw fstenv fstp fstsw fsub fsubp fsubr fsubrp ftst fucom fucomi fucomip fucomp fucompp fxam fxch fxtract fyl2x fyl2xp1
  fxsave fxrstor`);

export const SIMD = words(`
  emms movd movq packssdw packsswb packuswb paddb paddd paddsb paddsw paddusb paddusw paddw pand pandn pcmpeqb pcmpeqd pcmpeqw pcmpgtb pcmpgtd pcmpgtw pmaddwd
  pmulhw pmullw por pslld psllq psllw psrad psraw psrld psrlq psrlw psubb psubd psubsb psubsw psubusb psubusw psubw punpckhbw punpckhdq punpckhwd punpcklbw
  punpckldq punpcklwd pxor addps addss andnps andps cmpps cmpss comiss cvtpi2ps cvtps2pi cvtsi2ss cvtss2si cvttps2pi cvttss2si divps divss ldmxcsr maxps maxss minps
  minss movaps movhlps movhps movlhps movlps movmskps movntps movss movups mulps mulss orps rcpps rcpss rsqrtps rsqrtss shufps sqrtps sqrtss stmxcsr subps subss
  ucomiss unpckhps unpcklps xorps prefetchnta prefetcht0 prefetcht1 prefetcht2 sfence maskmovq movntq pavgb pavgw pextrw pinsrw pmaxsw pmaxub pminsw pminub pmovmskb
  pmulhuw psadbw pshufw addpd addsd andnpd andpd clflush cmppd comisd cvtdq2pd cvtdq2ps cvtpd2dq cvtpd2pi cvtpd2ps cvtpi2pd cvtps2dq cvtps2pd cvtsd2si cvtsd2ss
  cvtsi2sd cvtss2sd cvttpd2dq cvttpd2pi cvttps2dq cvttsd2si divpd divsd lfence maskmovdqu maxpd maxsd mfence minpd minsd movapd movdq2q movdqa movdqu movhpd movlpd
  movmskpd movntdq movnti movntpd movq2dq movupd mulpd mulsd orpd paddq pmuludq pshufd pshufhw pshuflw pslldq psrldq psubq punpckhqdq punpcklqdq shufpd sqrtpd sqrtsd
  subpd subsd ucomisd unpckhpd unpcklpd xorpd pause`);

/** Instructions of the hypervisor itself, and others that only ring 0 may use: not executed, but never innocuous. */
export const UNEXECUTED_PRIVILEGED = words(
  'vmxon vmxoff vmlaunch vmresume vmptrld vmptrst vmclear vmread vmwrite invept invvpid vmrun vmload vmsave stgi clgi skinit invlpga monitor mwait swapgs xsetbv sysret',
);
export const UNEXECUTED_SENSITIVE = words('vmmcall rdtscp vmfunc syscall');
