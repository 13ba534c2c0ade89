; MMX: its registers are the x87's, its instructions fault as the manual says.
; SDM Vol. 3, 12.1 to 12.5; Vol. 1, 9.6.
; expect: serial "PASS\n"
; expect: exit 0
; expect pv: differs
; CPUID shows a hypervisor there, and leaves it in a register.
%macro extra_descriptors 0
        descriptor 0x10000, 0xff, 0x92, 4       ; 30h: data, 256 bytes
%endmacro
%include "lib/protected.inc"

%macro cr0_bits 2                       ; clear, set
        mov eax, cr0
        and eax, ~(%1)
        or eax, %2
        mov cr0, eax
%endmacro

main:
        cr0_bits 0xe, 0x20
        mov eax, 1
        cpuid
        test edx, 1 << 23
        expect_flag nz

        ; saturation, comparison, a multiplication, a store
        movq mm0, [bytes]
        paddusb mm0, [more_bytes]
        movq [result], mm0
        expect dword [result], 0xffff0302
        expect dword [result + 4], 0xff7f8081
        pcmpeqd mm1, mm1
        movd eax, mm1
        expect eax, -1
        movq mm2, [words]
        pmaddwd mm2, mm2
        movd eax, mm2
        expect eax, 3 * 3 + 4 * 4
        psrlq mm2, 32
        movd eax, mm2
        expect eax, 5 * 5 + 1000 * 1000
        mov eax, 8
        movd mm3, eax
        psllq mm1, mm3
        movd eax, mm1
        expect eax, 0xffffff00
        movq mm4, [bytes]
        punpcklbw mm4, mm1
        movd eax, mm4
        expect eax, 0xff020001

        ; the x87 sees valid registers with a top of 0, and NaNs in those that were written
        fninit
        fld1
        movq mm7, mm1
        fnstsw ax
        expect ax, 0
        fnstenv [image]
        expect word [image + 8], 0x96aa         ; special, but R5 and R6, which are zero since RESET
        fxch st7
        fstp tword [result]
        expect word [result + 8], 0xffff
        expect dword [result], 0xffffff00
        emms
        fnstenv [image]
        expect word [image + 8], 0xffff
        fninit

        ; and MMX sees what the x87 computed: R7 holds the first that was pushed
        fldpi
        movq [result], mm7
        expect dword [result], 0x2168c235
        expect dword [result + 4], 0xc90fdaa2
        emms

        ; #UD with EM, #NM with TS, a pending x87 exception as #MF; memory faults change nothing
        cr0_bits 0, 4
        expect_fault 6, 0, paddb mm0, mm1
        expect_fault 6, 0, emms
        cr0_bits 4, 8
        expect_fault 7, 0, movd eax, mm0
        clts
        fninit
        mov word [result], 0x37b
        fldcw [result]
        fld1
        fldz
        fdivp
        expect_fault 16, 0, paddb mm0, mm1
        fninit
        fld1
        mov ax, 0x30
        mov fs, ax
        expect_fault 13, 0, movq mm0, [fs:0xfc]
        expect_fault 13, 0, movq [fs:0xfc], mm0
        fnstsw ax
        expect ax, 0x3800               ; not a MMX instruction has completed
        movd mm0, [fs:0xfc]
        punpcklbw mm0, [fs:0xfc]
        emms
        pass

        align 8
bytes:          db 1, 2, 0xff, 0x80, 0x80, 0x80, 0x7f, 0xff
more_bytes:     db 1, 1, 1, 0xff, 1, 0, 0, 1
words:          dw 3, -4, 5, 1000
result:         times 16 db 0
image:          times 32 db 0
