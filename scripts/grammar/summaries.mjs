/**
 * One sentence a mnemonic, for completion and hovers: what SDM Vol. 2 says at length. A row is `mnemonics: sentence`;
 * `$c` stands for the condition that ends the name, `$p` for the format that a vector instruction's suffix names.
 */
import { expand } from './braces.mjs';

const CONDITIONS = {
  o: 'there was overflow',
  no: 'there was no overflow',
  b: 'below (unsigned)',
  ae: 'above or equal (unsigned)',
  e: 'equal',
  ne: 'not equal',
  be: 'below or equal (unsigned)',
  a: 'above (unsigned)',
  s: 'the sign is set',
  ns: 'the sign is clear',
  p: 'the parity is even',
  np: 'the parity is odd',
  l: 'less (signed)',
  ge: 'greater or equal (signed)',
  le: 'less or equal (signed)',
  g: 'greater (signed)',
  u: 'unordered',
  nu: 'not unordered',
  nb: 'not below',
  nbe: 'above',
}; // prettier-ignore

const FORMATS = {
  ps: 'packed single-precision numbers',
  pd: 'packed double-precision numbers',
  ss: 'the lowest single-precision number',
  sd: 'the lowest double-precision number',
  b: 'packed bytes',
  w: 'packed words',
  d: 'packed doublewords',
  q: 'packed quadwords',
  dq: 'the whole register',
}; // prettier-ignore

const ROWS = `
mov: Copies the source to the destination; no flag changes.
movzx: Copies a smaller source, zero-extended.
movsx: Copies a smaller source, sign-extended.
xchg: Exchanges the operands; with memory it is atomic even without LOCK.
lea: Stores the address that the memory operand would have, without accessing it.
push: Decrements the stack pointer and stores the operand there.
pop: Loads the operand from the top of the stack and increments the stack pointer.
{pusha,pushaw,pushad}: Pushes all eight general registers; the stack pointer with its value from before.
{popa,popaw,popad}: Pops the general registers that PUSHA pushed; the stack pointer's image is skipped.
{pushf,pushfw,pushfd}: Pushes the flags register.
{popf,popfw,popfd}: Pops the flags register, as far as the privilege allows.
{lds,les,lfs,lgs,lss}: Loads a far pointer: an offset register and a segment register.
{xlat,xlatb}: Replaces AL by the byte at index AL of the table at EBX.
bswap: Reverses the bytes of a 32-bit register.
{in}: Reads a byte, word or doubleword from an I/O port.
{out}: Writes a byte, word or doubleword to an I/O port.
{insb,insw,insd}: Reads from port DX to ES:EDI and moves EDI by DF.
{outsb,outsw,outsd}: Writes from DS:ESI to port DX and moves ESI by DF.
{movsb,movsw}: Copies from DS:ESI to ES:EDI and moves both by DF.
{cmpsb,cmpsw}: Compares DS:ESI with ES:EDI and moves both by DF.
{scasb,scasw,scasd}: Compares the accumulator with ES:EDI and moves EDI by DF.
{lodsb,lodsw,lodsd}: Loads the accumulator from DS:ESI and moves ESI by DF.
{stosb,stosw,stosd}: Stores the accumulator at ES:EDI and moves EDI by DF.
movsd: Copies a doubleword from DS:ESI to ES:EDI; with XMM operands, a double-precision number.
cmpsd: Compares doublewords at DS:ESI and ES:EDI; with XMM operands, double-precision numbers by a predicate.
add: Adds the source to the destination.
adc: Adds the source and CF to the destination.
sub: Subtracts the source from the destination.
sbb: Subtracts the source and CF from the destination.
cmp: Subtracts for the flags only.
and: Bitwise AND.
or: Bitwise inclusive OR.
xor: Bitwise exclusive OR; of a register with itself, zero.
not: Inverts every bit; no flag changes.
neg: Two's complement negation; CF tells whether the operand was not zero.
test: Bitwise AND for the flags only.
inc: Adds one and leaves CF alone.
dec: Subtracts one and leaves CF alone.
mul: Unsigned multiplication of the accumulator into twice its width.
imul: Signed multiplication, into twice the width or truncated to a register.
div: Unsigned division of the double-width accumulator: quotient and remainder.
idiv: Signed division of the double-width accumulator: quotient and remainder.
cbw: Sign-extends AL to AX.
cwde: Sign-extends AX to EAX.
cwd: Sign-extends AX to DX:AX.
cdq: Sign-extends EAX to EDX:EAX.
aaa: Adjusts AL after an addition of unpacked decimal digits.
aas: Adjusts AL after a subtraction of unpacked decimal digits.
aam: Splits AL into tens and units after a multiplication.
aad: Joins AH and AL to a number before a division.
daa: Adjusts AL after an addition of packed decimal digits.
das: Adjusts AL after a subtraction of packed decimal digits.
{shl,sal}: Shifts left; the last bit out goes to CF.
shr: Shifts right, filling with zeros; the last bit out goes to CF.
sar: Shifts right, keeping the sign; the last bit out goes to CF.
rol: Rotates left.
ror: Rotates right.
rcl: Rotates left through CF.
rcr: Rotates right through CF.
shld: Shifts left, filling from a second register.
shrd: Shifts right, filling from a second register.
bt: Copies a bit to CF.
bts: Copies a bit to CF and sets it.
btr: Copies a bit to CF and clears it.
btc: Copies a bit to CF and inverts it.
bsf: Finds the lowest bit that is set; ZF when there is none.
bsr: Finds the highest bit that is set; ZF when there is none.
cmpxchg: Stores the source if the destination equals the accumulator, else loads the accumulator.
cmpxchg8b: Stores ECX:EBX if EDX:EAX equals the quadword in memory, else loads EDX:EAX.
xadd: Exchanges and adds: the destination becomes the sum, the source its old value.
jmp: Continues elsewhere.
call: Pushes the return address and continues at the target.
{ret,retn,retw,retd}: Pops the return address; the operand releases bytes of arguments.
{retf,retfw,retfd}: Pops a far return address, perhaps to an outer ring.
{jcxz,jecxz}: Jumps if the count register is zero.
loop: Decrements the count register and jumps unless it is zero.
{loope,loopz}: As LOOP, while ZF is set.
{loopne,loopnz}: As LOOP, while ZF is clear.
{int,int01,int03}: Calls the handler of an interrupt vector.
{int1,icebp}: Raises a debug exception.
int3: Calls the breakpoint handler, in one byte.
into: Calls the overflow handler if OF is set.
{iret,iretw,iretd}: Returns from an interrupt handler.
bound: Raises #BR unless an index lies within a pair of bounds.
enter: Makes a stack frame for a procedure.
leave: Undoes the stack frame that ENTER made.
clc: Clears CF.
stc: Sets CF.
cmc: Inverts CF.
cld: Clears DF: string instructions count up.
std: Sets DF: string instructions count down.
cli: Clears IF: maskable interrupts wait.
sti: Sets IF; interrupts are taken after the next instruction.
lahf: Loads AH from the low byte of the flags.
sahf: Stores AH into the low byte of the flags.
{sal,salc}: Sets AL to FFh if CF is set, else to zero.
nop: Does nothing.
pause: Tells the processor that this is a spin loop.
hlt: Stops the processor until an interrupt.
{wait,fwait}: Waits for the x87 unit and raises its pending exceptions.
{ud1,ud2}: Raises #UD, always.
cpuid: Identifies the processor; the leaf is in EAX.
rdtsc: Reads the time-stamp counter into EDX:EAX.
rdpmc: Reads a performance counter into EDX:EAX.
rdmsr: Reads the model-specific register ECX into EDX:EAX.
wrmsr: Writes EDX:EAX to the model-specific register ECX.
lgdt: Loads the global descriptor table register.
lidt: Loads the interrupt descriptor table register.
lldt: Loads the local descriptor table register.
ltr: Loads the task register and marks the task busy.
sgdt: Stores the global descriptor table register.
sidt: Stores the interrupt descriptor table register.
sldt: Stores the selector of the local descriptor table.
str: Stores the selector of the task state segment.
smsw: Stores the low word of CR0.
lmsw: Loads the low four bits of CR0; PE cannot be cleared.
clts: Clears CR0.TS, the task-switched flag.
arpl: Raises the RPL of a selector to that of another.
lar: Loads the access rights of a descriptor; ZF says whether it is visible.
lsl: Loads the limit of a segment; ZF says whether it is visible.
verr: Says in ZF whether a segment can be read.
verw: Says in ZF whether a segment can be written.
invlpg: Drops the translation of one page from the TLB.
invd: Empties the caches without writing back.
wbinvd: Writes the caches back and empties them.
sysenter: Enters ring 0 at the address in the SYSENTER registers.
sysexit: Returns to ring 3 at EDX with the stack ECX.
rsm: Returns from system-management mode.
vmcall: Calls the hypervisor (Intel).
vmmcall: Calls the hypervisor (AMD).
fld: Pushes a number onto the register stack.
{fst,fstp}: Stores the top of the register stack; FSTP pops it.
{fild}: Pushes an integer, converted.
{fist,fistp}: Stores the top as an integer; FISTP pops it.
fbld: Pushes a packed decimal number.
fbstp: Stores the top as packed decimal and pops it.
fxch: Exchanges ST(0) with another register.
{fadd,faddp,fiadd}: Adds.
{fsub,fsubp,fisub,fsubr,fsubrp,fisubr}: Subtracts; R in the name exchanges the operands.
{fmul,fmulp,fimul}: Multiplies.
{fdiv,fdivp,fidiv,fdivr,fdivrp,fidivr}: Divides; R in the name exchanges the operands.
{fcom,fcomp,fcompp,ficom,ficomp}: Compares into the condition bits of the status word.
{fucom,fucomp,fucompp}: Compares, quiet NaNs allowed, into the condition bits of the status word.
{fcomi,fcomip,fucomi,fucomip}: Compares into ZF, PF and CF.
ftst: Compares the top with zero.
fxam: Says of what class the top is.
fabs: Makes the top positive.
fchs: Inverts the sign of the top.
fsqrt: Square root.
frndint: Rounds to an integer.
fscale: Multiplies by a power of two.
fxtract: Splits the top into exponent and significand.
{fprem,fprem1}: Partial remainder; FPREM1 as IEEE 754 has it.
{fsin,fcos,fsincos,fptan,fpatan}: Trigonometry in radians.
{f2xm1,fyl2x,fyl2xp1}: Exponential and logarithm to the base two.
{fld1,fldz,fldpi,fldl2e,fldl2t,fldlg2,fldln2}: Pushes a constant.
{fldcw}: Loads the control word.
{fstcw,fnstcw}: Stores the control word.
{fstsw,fnstsw}: Stores the status word.
{finit,fninit}: Puts the x87 unit into its initial state.
{fclex,fnclex}: Clears the exception flags.
{fsave,fnsave}: Stores the whole x87 state and initializes the unit.
frstor: Loads the whole x87 state.
{fstenv,fnstenv}: Stores the x87 environment.
fldenv: Loads the x87 environment.
{ffree,ffreep}: Marks a register as empty.
{fincstp,fdecstp}: Rotates the register stack.
{fnop,feni,fneni,fdisi,fndisi,fsetpm}: Does nothing on a 387 and later.
fxsave: Stores x87, MMX and SSE state: 512 bytes.
fxrstor: Loads what FXSAVE stored.
emms: Marks the x87 registers as empty after MMX.
ldmxcsr: Loads MXCSR, control and status of SSE.
stmxcsr: Stores MXCSR.
{movd,movq}: Moves 32 or 64 bits to, from or between vector registers.
{movdqa,movaps,movapd}: Copies sixteen aligned bytes.
{movdqu,movups,movupd}: Copies sixteen bytes at any address.
movss: Copies one single-precision number.
{movnti,movntq,movntdq,movntps,movntpd}: Stores past the caches.
{maskmovq,maskmovdqu}: Stores the bytes that a mask selects.
{movhps,movlps,movhpd,movlpd,movhlps,movlhps}: Moves half of a vector register.
{movmskps,movmskpd,pmovmskb}: Collects the sign bits of the elements.
{movdq2q,movq2dq}: Moves between MMX and XMM registers.
{lfence,sfence,mfence}: Orders loads, stores, or both.
clflush: Drops a cache line everywhere.
{prefetchnta,prefetcht0,prefetcht1,prefetcht2}: Hints that memory will be needed.
{comiss,comisd,ucomiss,ucomisd}: Compares scalars into ZF, PF and CF.
{pinsrw,pextrw}: Inserts or extracts a word of a vector.
{pshufw,pshufd,pshufhw,pshuflw,shufps,shufpd}: Arranges elements by an immediate.
{pand,andps,andpd}: Bitwise AND of vectors.
{pandn,andnps,andnpd}: Bitwise AND of the inverted destination with the source.
{por,orps,orpd}: Bitwise OR of vectors.
{pxor,xorps,xorpd}: Bitwise exclusive OR of vectors.
psadbw: Sums of absolute differences of bytes.
pmaddwd: Multiplies words and adds neighbouring products.
pmuludq: Multiplies unsigned doublewords to quadwords.
{pslldq,psrldq}: Shifts the whole register by bytes.
`;

const FAMILIES = [
  [/^j(?!mp|e?cxz)/, () => 'Jumps if $c.', (m) => m.slice(1)],
  [/^set(.+)$/, () => `Sets a byte to 1 if $c, else to 0.`, (m) => m.slice(3)],
  [/^fcmov(.+)$/, () => `Copies ST(i) to ST(0) if $c.`, (m) => m.slice(5)],
  [/^cmov(.+)$/, () => `Copies the source if $c.`, (m) => m.slice(4)],
  [/^cvt/, () => 'Converts between integers and floating-point formats; TT truncates.'],
  [/^cmp.*(ps|pd|ss|sd)$/, () => `Compares $p by a predicate: all ones where it holds.`],
  [/^add(ps|pd|ss|sd)$/, () => `Adds $p.`],
  [/^sub(ps|pd|ss|sd)$/, () => `Subtracts $p.`],
  [/^mul(ps|pd|ss|sd)$/, () => `Multiplies $p.`],
  [/^div(ps|pd|ss|sd)$/, () => `Divides $p.`],
  [/^sqrt(ps|pd|ss|sd)$/, () => `Square roots of $p.`],
  [/^rcp(ps|ss)$/, () => `Approximate reciprocals of $p.`],
  [/^rsqrt(ps|ss)$/, () => `Approximate reciprocal square roots of $p.`],
  [/^p?min(ps|pd|ss|sd|[us][bw])$/, () => `The smaller of each pair: $p.`],
  [/^p?max(ps|pd|ss|sd|[us][bw])$/, () => `The greater of each pair: $p.`],
  [/^padd(us|s)/, () => `Adds $p with saturation.`],
  [/^psub(us|s)/, () => `Subtracts $p with saturation.`],
  [/^padd[bwdq]$/, () => `Adds $p.`],
  [/^psub[bwdq]$/, () => `Subtracts $p.`],
  [/^pcmpeq/, () => `Compares $p for equality: all ones where it holds.`],
  [/^pcmpgt/, () => `Compares signed $p: all ones where greater.`],
  [/^pack/, () => 'Packs elements into half their width with saturation.'],
  [/^p?unpck/, () => 'Interleaves elements of both operands.'],
  [/^psll[wdq]$/, () => `Shifts $p left.`],
  [/^psrl[wdq]$/, () => `Shifts $p right, filling with zeros.`],
  [/^psra[wd]$/, () => `Shifts $p right, keeping signs.`],
  [/^pmul[lh]/, () => 'Multiplies packed words and keeps half of each product.'],
  [/^pavg/, () => `Rounded averages of unsigned $p.`],
]; // prettier-ignore

const SENTENCES = new Map(
  ROWS.trim()
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(': ');
      return expand(line.slice(0, at)).map((name) => [name, line.slice(at + 2)]);
    }),
);

const formatOf = (mnemonic) => FORMATS[/(ps|pd|ss|sd|dq|[bwdq])$/.exec(mnemonic)?.[1]] ?? '';

/** What `mnemonic` (an alias of `of`) does, or undefined where nobody has written it yet. */
export function summaryOf(mnemonic, of = mnemonic) {
  const sentence = SENTENCES.get(mnemonic) ?? SENTENCES.get(of);
  if (sentence) return sentence;
  const family = FAMILIES.find(([pattern]) => pattern.test(of));
  if (!family) return undefined;
  const [, text, condition] = family;
  return text(of)
    .replace('$c', CONDITIONS[condition?.(of)] ?? `condition ${condition?.(of)} holds`)
    .replace('$p', formatOf(of));
}
