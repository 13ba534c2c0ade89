/** What the words of NASM's language mean, one sentence each (NASM manual, chapters 3 to 8). */

const rows = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf(' ');
        return [line.slice(0, at), line.slice(at).trim()] as const;
      }),
  );

export const DIRECTIVES = rows(`
bits       Code size of what follows: 16, 32 or 64.
use16      Code size 16, as BITS 16.
use32      Code size 32, as BITS 32.
org        Address at which a flat binary will be loaded.
section    Section that what follows goes into; with attributes such as start=, vstart=, align=, follows=.
segment    Another name of SECTION.
absolute   Counts addresses without producing bytes.
extern     Names symbols that another object file defines.
global     Names symbols that other object files may use.
common     Names uninitialized variables shared by object files.
static     Names symbols of this file only.
cpu        Instructions later than this processor are errors.
default    Default addressing: REL or ABS.
float      Rounding and denormals of floating-point constants.
warning    Turns classes of warnings on or off.
align      Fills up to a multiple of its operand with NOPs.
alignb     Reserves up to a multiple of its operand.
sectalign  Whether ALIGN also aligns the section.
struc      Begins a structure: its labels become offsets.
endstruc   Ends a structure and defines its size, NAME_size.
istruc     Begins an instance of a structure.
at         Initializes a field of an instance.
iend       Ends an instance of a structure.
equ        Gives a label a value.
times      Repeats an instruction or data.
incbin     Inserts a file as it is; offset and length may follow.
db         Bytes and strings.
dw         Words, 16 bits each.
dd         Doublewords, 32 bits each, and single-precision numbers.
dq         Quadwords, 64 bits each, and double-precision numbers.
dt         Ten-byte extended-precision numbers.
do         Sixteen-byte data.
resb       Reserves bytes.
resw       Reserves words.
resd       Reserves doublewords.
resq       Reserves quadwords.
rest       Reserves ten-byte units.
rep        Repeats a string instruction ECX times.
repe       Repeats while ECX is not zero and ZF is set.
repz       Repeats while ECX is not zero and ZF is set.
repne      Repeats while ECX is not zero and ZF is clear.
repnz      Repeats while ECX is not zero and ZF is clear.
lock       Makes a read-modify-write of memory atomic.
`);

export const SIZES = rows(`
byte    8 bits.
word    16 bits.
dword   32 bits.
qword   64 bits.
tword   80 bits.
oword   128 bits.
near    Within the segment.
far     With a selector.
short   A displacement of eight bits.
strict  No shorter encoding.
seg     Segment of a symbol.
wrt     Offset with respect to a segment.
`);

/** Without their percent sign. */
export const PREPROCESSOR = rows(`
define     Defines a single-line macro; expanded where it is used.
xdefine    Defines a single-line macro; its value is expanded now.
idefine    Defines a single-line macro whose name ignores case.
undef      Forgets a single-line macro.
assign     Defines a single-line macro as the value of an expression.
defstr     Defines a single-line macro as a string.
deftok     Defines a single-line macro as the tokens in a string.
strlen     Defines a macro as the length of a string.
strcat     Defines a macro as strings joined.
substr     Defines a macro as part of a string.
macro      Begins a multi-line macro: name and number of parameters.
imacro     Begins a multi-line macro whose name ignores case.
rmacro     Begins a macro that may call itself.
endmacro   Ends a multi-line macro.
unmacro    Forgets a multi-line macro.
rotate     Rotates the parameters of a macro.
exitmacro  Leaves the macro that is being expanded.
rep        Repeats lines a number of times.
endrep     Ends the repeated lines.
exitrep    Leaves the repetition.
if         Assembles what follows if an expression is not zero.
ifdef      Assembles what follows if a single-line macro is defined.
ifndef     Assembles what follows if a single-line macro is not defined.
ifmacro    Assembles what follows if a multi-line macro is defined.
ifidn      Assembles what follows if two texts are the same.
ifidni     Assembles what follows if two texts are the same, case ignored.
ifnum      Assembles what follows if the text is a number.
ifstr      Assembles what follows if the text is a string.
ifid       Assembles what follows if the text is an identifier.
ifempty    Assembles what follows if the text is empty.
ifctx      Assembles what follows in this context.
ifenv      Assembles what follows if an environment variable exists.
elif       Otherwise, if an expression is not zero.
elifdef    Otherwise, if a single-line macro is defined.
else       Otherwise.
endif      Ends a conditional.
include    Reads another source file here.
require    Reads another source file, once.
use        Reads a standard macro package.
push       Pushes a context.
pop        Pops a context.
repl       Renames the context.
error      Reports an error.
warning    Reports a warning.
fatal      Reports an error and stops.
note       Reports a note.
arg        Names the arguments of a procedure on the stack.
local      Names local variables on the stack.
stacksize  Model of the stack that ARG and LOCAL assume.
pragma     Tells a tool something that NASM itself ignores.
line       Sets the line number in messages.
comment    Begins a comment of several lines.
endcomment Ends a comment of several lines.
`);

/** Registers with something to say; general ones are just names. */
export const REGISTER_DOCS = rows(`
cr0     PE, MP, EM, TS, ET, NE, WP, AM, NW, CD, PG: protected mode, paging and the x87 unit.
cr2     Linear address of the last page fault.
cr3     Physical address of the page directory; loading it flushes the TLB.
cr4     VME, PVI, TSD, DE, PSE, PAE, MCE, PGE, PCE, OSFXSR, OSXMMEXCPT, UMIP: extensions.
dr6     Which debug condition happened.
dr7     Which breakpoints are on, and what they watch.
cs      Segment of the code; its RPL is the CPL.
ss      Segment of the stack.
ds      Segment of data.
es      Segment of string destinations.
fs      Another data segment.
gs      Another data segment.
eflags  CF, PF, AF, ZF, SF, TF, IF, DF, OF, IOPL, NT, RF, VM, AC, VIF, VIP, ID.
`);
