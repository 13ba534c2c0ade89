; The x87 in protected mode: arithmetic, comparison, images, #MF when an exception is unmasked, #NM by CR0.
; SDM Vol. 1, chapter 8; Vol. 3, 2.5 and 6.15.
; expect: serial "PASS\n"
; expect: exit 0
%macro extra_descriptors 0
        descriptor 0x10000, 0xff, 0x92, 4       ; 30h: data, 256 bytes
%endmacro
%include "lib/protected.inc"

%macro expect_single 1                  ; pop ST(0), which must be this dword
        fstp dword [result]
        expect dword [result], %1
%endmacro

%macro cr0_bits 2                       ; clear, set
        mov eax, cr0
        and eax, ~(%1)
        or eax, %2
        mov cr0, eax
%endmacro

MP      equ 2
EM      equ 4
TS      equ 8
NE      equ 0x20

main:
        cr0_bits MP | EM | TS, NE

        ; FNINIT: control 37Fh, status 0, all empty
        fninit
        fnstcw [word_result]
        expect word [word_result], 0x37f
        fnstsw ax
        expect ax, 0
        fnstenv [image]
        expect word [image + 8], 0xffff
        fldcw [word_result]

        ; arithmetic, in every operand format
        fld dword [three]
        fadd dword [two]
        fmul qword [two_double]
        fisub word [four]
        fidiv dword [three_integer]
        expect_single 0x40000000        ; ((3 + 2) * 2 - 4) / 3 = 2
        fld1
        fldpi
        fsubp st1, st0                  ; 1 - pi
        fabs
        fld tword [pi_minus_one]
        fcompp
        fnstsw ax
        sahf
        expect_flag e
        fild qword [big]
        fbstp [image]
        expect dword [image], 0x76543210
        expect dword [image + 4], 0x54321098
        expect word [image + 8], 0x76
        fbld [image]
        fistp qword [image]
        mov eax, [image]
        expect eax, [big]
        mov eax, [image + 4]
        expect eax, [big + 4]
        fld dword [two]
        fsqrt
        fmul st0, st0
        fsub dword [two]
        fstp qword [image]
        expect dword [image + 4], 0xbc000000 ; -2^-63: the root of two was rounded down

        ; rounding control: 1/3 downwards and upwards
        mov word [word_result], 0x77f
        fldcw [word_result]
        fld1
        fdiv dword [three]
        expect_single 0x3eaaaaaa
        mov word [word_result], 0xb7f
        fldcw [word_result]
        fld1
        fdiv dword [three]
        expect_single 0x3eaaaaab
        fninit

        ; FCOMI sets the flags of an unsigned comparison; FCMOV moves on them
        fld1
        fldz
        fcomi st0, st1
        expect_flag b
        fcmovb st0, st1
        expect_single 0x3f800000
        fstp st0

        ; the stack wraps: a ninth register is a fault, with C1 set
%rep 8
        fld1
%endrep
        fldz
        fnstsw ax
        and ax, 0x241
        expect ax, 0x241
        expect_single 0xffc00000

        ; FNSAVE keeps everything and initializes; FRSTOR brings it back
        fninit
        fldpi
        fldln2
        fnsave [image]
        fnstsw ax
        expect ax, 0
        expect word [image + 8], 0x0fff
        fnstenv [image + 200]
        expect word [image + 208], 0xffff
        frstor [image]
        fnstsw ax
        expect ax, 0x3000
        fldln2
        fcomip st0, st1
        expect_flag e
        fstp st0
        fldpi
        fcomip st0, st1
        expect_flag e
        fninit

        ; transcendentals: sin(pi/6) = 1/2, 2^(1/2) - 1, log2(8) = 3, atan(1) * 4 = pi
        fldpi
        fidiv dword [six]
        fsin
        expect_single 0x3f000000
        fld dword [half]
        f2xm1
        expect_single 0x3ed413cd
        fld1
        fild dword [eight]
        fyl2x
        expect_single 0x40400000
        fld1
        fld1
        fpatan
        fimul word [four]
        fldpi
        fcompp
        fnstsw ax
        sahf
        expect_flag e

        ; an unmasked exception is reported by the next waiting instruction, not by the one that raised it
        mov word [word_result], 0x37b   ; zero divide
        fldcw [word_result]
        fld1
        fdiv dword [zero]
        fnstsw ax
        and ax, 0x8084
        expect ax, 0x8084
        expect_fault 16, 0, fwait
        expect_fault 16, 0, fld1
        expect_fault 16, 0, fadd dword [0xf0000000]
        fnclex
        fwait
        fstp st0                        ; the operand is still there
        fninit

        mov word [word_result], 0x37b
        fldcw [word_result]
        fld1
divided: fdiv dword [zero]
        fnstenv [image]
        expect dword [image + 12], divided
        expect dword [image + 20], zero
        mov eax, [image + 16]
        shr eax, 16
        expect eax, 0x035               ; D8 /6 with a 32-bit displacement
        fninit

        ; #NM: TS for x87 instructions, MP and TS together for WAIT; EM for x87 instructions
        cr0_bits 0, TS
        expect_fault 7, 0, fninit
        expect_fault 7, 0, fnstsw ax
        fwait
        cr0_bits 0, MP
        expect_fault 7, 0, fwait
        clts
        fwait
        fninit
        cr0_bits MP, EM
        expect_fault 7, 0, fld1
        fwait
        cr0_bits EM, MP

        ; the same in ring 3
        call_ring3 user
        fnstsw ax
        expect ax, 0x3800
        expect_single 0x40000000

        ; an operand that is not all there changes nothing
        fninit
        fld1
        mov ax, 0x30
        mov fs, ax
        expect_fault 13, 0, fstp qword [fs:0xfc]
        expect_fault 13, 0, fstp tword [fs:0xf8]
        expect_fault 13, 0, fld qword [fs:0xfc]
        expect_fault 13, 0, fnsave [fs:0xc0]
        fnstsw ax
        expect ax, 0x3800
        pass

user:
        fninit
        fld1
        fadd st0, st0
        leave_ring3

        align 8
two_double:     dq 2.0
big:            dq 765432109876543210
three:          dd 3.0
two:            dd 2.0
half:           dd 0.5
zero:           dd 0.0
three_integer:  dd 3
six:            dd 6
eight:          dd 8
four:           dw 4
word_result:    dw 0
result:         dd 0
pi_minus_one:   dd 0x2168c235, 0x890fdaa2
                dw 0x4000
image:          times 256 db 0
