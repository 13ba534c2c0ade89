; SSE and SSE2 as an operating system meets them: enabling, #UD, #NM, #XM, alignment, MXCSR, FXSAVE and FXRSTOR.
; SDM Vol. 3, chapter 13; Vol. 1, 10.2.3, 11.5 and 11.6; Vol. 2.
; launch: cpu p4
; expect: serial "PASS\n"
; expect: exit 0
; expect pv: differs
; CPUID shows a hypervisor there, and leaves it in a register.
%include "lib/protected.inc"

CR0_EM          equ 1 << 2
CR0_TS          equ 1 << 3
CR4_OSFXSR      equ 1 << 9
CR4_OSXMMEXCPT  equ 1 << 10
MXCSR_RESET     equ 0x1f80
IE              equ 1 << 0
DE              equ 1 << 1
ZE              equ 1 << 2
OE              equ 1 << 3
UE              equ 1 << 4
PE              equ 1 << 5
DAZ             equ 1 << 6
ZM              equ 1 << 9
PM              equ 1 << 12
ROUND_UP        equ 2 << 13
FTZ             equ 1 << 15
ONE             equ 0x3f800000          ; 1.0, single

%macro set_cr0 2                        ; bits to set, bits to clear
        mov eax, cr0
        or eax, %1
        and eax, ~(%2)
        mov cr0, eax
%endmacro

%macro set_cr4 2
        mov eax, cr4
        or eax, %1
        and eax, ~(%2)
        mov cr4, eax
%endmacro

%macro set_mxcsr 1
        mov dword [scratch], %1
        ldmxcsr [scratch]
%endmacro

%macro expect_mxcsr 1
        stmxcsr [scratch]
        expect dword [scratch], %1
%endmacro

; The low doubleword of an XMM register.
%macro expect_low 2
        movd eax, %1
        expect eax, %2
%endmacro

; All sixteen bytes.
%macro expect_xmm 2
        movdqa xmm7, %2
        pcmpeqd xmm7, %1
        pmovmskb eax, xmm7
        expect eax, 0xffff
%endmacro

main:
        ; what CPUID promises: FXSR, SSE, SSE2, CLFLUSH
        mov eax, 1
        cpuid
        and edx, (1 << 24) | (1 << 25) | (1 << 26) | (1 << 19)
        expect edx, (1 << 24) | (1 << 25) | (1 << 26) | (1 << 19)

        ; before the operating system has enabled it
        expect_fault 6, 0, addps xmm0, xmm1
        expect_fault 6, 0, movdqa xmm0, [unaligned]     ; #UD comes before the operand
        expect_fault 6, 0, ldmxcsr [scratch]
        expect_fault 6, 0, cvtpi2ps xmm0, mm0
        sfence                                          ; these need nothing enabled
        lfence
        mfence
        pause
        prefetchnta [0xfffffff0]
        clflush [scratch]
        mov eax, 0x12345678
        movnti [scratch], eax
        expect dword [scratch], 0x12345678
        set_cr4 CR4_OSFXSR, 0
        expect_mxcsr MXCSR_RESET
        set_cr0 CR0_EM, 0
        expect_fault 6, 0, addps xmm0, xmm1
        expect_fault 6, 0, pavgb mm0, mm1
        expect_fault 7, 0, fxsave [image]               ; #NM, not #UD
        set_cr0 CR0_TS, CR0_EM
        expect_fault 7, 0, addps xmm0, xmm1
        expect_fault 7, 0, movaps xmm0, [unaligned]
        expect_fault 7, 0, stmxcsr [scratch]
        expect_fault 7, 0, pavgb mm0, mm1
        expect_fault 7, 0, fxrstor [image]
        clts

        ; moves
        movaps xmm0, [ones]
        movups xmm1, [unaligned]
        movaps [result], xmm1
        expect dword [result], 0x04030201
        expect dword [result + 12], 0x100f0e0d
        movss xmm2, [result]
        expect_xmm xmm2, [low_only]
        movss xmm0, xmm2                                ; from a register the rest stays
        movaps [result], xmm0
        expect dword [result], 0x04030201
        expect dword [result + 4], ONE
        movhlps xmm3, xmm1
        expect_low xmm3, 0x0c0b0a09
        movd xmm4, esp
        expect_low xmm4, esp
        movq xmm5, xmm1
        pshufd xmm5, xmm5, 0x4e
        expect_low xmm5, 0
        movaps xmm0, [signs]
        movmskps eax, xmm0
        expect eax, 0b1010
        mov edi, result
        pxor xmm0, xmm0
        movdqa [result], xmm0
        movaps xmm1, [signs]
        pcmpeqd xmm0, xmm0
        maskmovdqu xmm0, xmm1                           ; bytes 7 and 15
        expect dword [result], 0
        expect dword [result + 4], 0xff000000
        expect dword [result + 12], 0xff000000

        ; aligned operands
        expect_fault 13, 0, movaps xmm0, [unaligned]
        expect_fault 13, 0, movaps [unaligned], xmm0
        expect_fault 13, 0, addps xmm0, [unaligned]
        expect_fault 13, 0, paddd xmm0, [unaligned]
        expect_fault 13, 0, movntdq [unaligned], xmm0
        expect_fault 13, 0, fxsave [image + 8]
        expect_fault 13, 0, fxrstor [image + 8]
        addss xmm0, [unaligned]                         ; a scalar need not be
        movhps xmm0, [unaligned]

        ; arithmetic and its flags
        set_mxcsr MXCSR_RESET
        movaps xmm0, [ones]
        addps xmm0, [ones]
        expect_xmm xmm0, [twos]
        expect_mxcsr MXCSR_RESET                        ; exact
        divss xmm0, [three]
        expect_low xmm0, 0x3f2aaaab
        expect_mxcsr MXCSR_RESET | PE
        set_mxcsr MXCSR_RESET | ROUND_UP
        movsd xmm0, [double_one]
        divsd xmm0, [double_three]
        expect_low xmm0, 0x55555556
        expect_mxcsr MXCSR_RESET | ROUND_UP | PE
        set_mxcsr MXCSR_RESET
        movss xmm0, [denormal]
        addss xmm0, xmm0
        expect_low xmm0, 2
        expect_mxcsr MXCSR_RESET | DE
        set_mxcsr MXCSR_RESET | DAZ
        movss xmm0, [denormal]
        addss xmm0, xmm0
        expect_low xmm0, 0
        expect_mxcsr MXCSR_RESET | DAZ
        set_mxcsr MXCSR_RESET | FTZ
        movss xmm0, [smallest]
        mulss xmm0, [half]
        expect_low xmm0, 0
        expect_mxcsr MXCSR_RESET | FTZ | UE | PE
        set_mxcsr MXCSR_RESET
        movss xmm0, [largest]
        addss xmm0, xmm0
        expect_low xmm0, 0x7f800000
        expect_mxcsr MXCSR_RESET | OE | PE
        set_mxcsr MXCSR_RESET
        movss xmm0, [signaling]
        addss xmm0, [ones]
        expect_low xmm0, 0x7fc00001                     ; made quiet
        expect_mxcsr MXCSR_RESET | IE
        set_mxcsr MXCSR_RESET
        ucomiss xmm0, [ones]                            ; unordered, and a quiet NaN is fine
        expect_flag p
        expect_mxcsr MXCSR_RESET
        comiss xmm0, [ones]
        expect_mxcsr MXCSR_RESET | IE
        movss xmm0, [half]
        comiss xmm0, [ones]
        expect_flag b
        cvtss2si eax, [half]                            ; to even
        expect eax, 0
        cvttsd2si eax, [huge]
        expect eax, 0x80000000

        ; an unmasked exception: #UD without CR4.OSXMMEXCPT, then #XM; flags are set, the destination is not
        set_mxcsr MXCSR_RESET & ~ZM
        movaps xmm0, [ones]
        expect_fault 6, 0, divps xmm0, [zero_among]
        expect_mxcsr (MXCSR_RESET & ~ZM) | ZE
        expect_xmm xmm0, [ones]
        set_cr4 CR4_OSXMMEXCPT, 0
        set_mxcsr MXCSR_RESET & ~ZM
        expect_fault 19, 0, divps xmm0, [zero_among]
        expect_mxcsr (MXCSR_RESET & ~ZM) | ZE           ; not PE: no result was looked at
        expect_xmm xmm0, [ones]
        set_mxcsr MXCSR_RESET & ~PM
        expect_fault 19, 0, divss xmm0, [three]
        expect_mxcsr (MXCSR_RESET & ~PM) | PE
        expect_low xmm0, ONE
        set_mxcsr MXCSR_RESET
        mov dword [scratch], 0x10000                    ; a reserved bit
        expect_fault 13, 0, ldmxcsr [scratch]
        expect_mxcsr MXCSR_RESET

        ; FXSAVE and FXRSTOR
        movups xmm0, [unaligned]
        movaps xmm6, [ones]
        set_mxcsr MXCSR_RESET | ROUND_UP
        mov dword [image + 288], 0x5eed5eed
        fxsave [image]
        expect dword [image + 24], MXCSR_RESET | ROUND_UP
        expect dword [image + 28], 0xffff
        expect dword [image + 160], 0x04030201
        expect dword [image + 160 + 6 * 16], ONE
        expect dword [image + 288], 0x5eed5eed
        pxor xmm0, xmm0
        pxor xmm6, xmm6
        set_mxcsr MXCSR_RESET
        fxrstor [image]
        expect_xmm xmm0, [image + 160]
        expect_xmm xmm6, [ones]
        expect_mxcsr MXCSR_RESET | ROUND_UP
        mov dword [image + 24], 0x10000
        pxor xmm0, xmm0
        expect_fault 13, 0, fxrstor [image]
        expect_low xmm0, 0
        set_mxcsr MXCSR_RESET

        ; in ring 3, with state from ring 0, and back
        movaps xmm1, [twos]
        call_ring3 user
        expect_xmm xmm2, [fours]
        set_cr0 CR0_TS, 0
        call_ring3 user_faults
        clts
        pass

user:
        mov ax, DATA3
        mov ds, ax
        mov es, ax
        movaps xmm2, xmm1
        mulps xmm2, xmm1
        leave_ring3

user_faults:
        mov ax, DATA3
        mov ds, ax
        mov es, ax
        expect_fault 7, 0, mulps xmm2, xmm1
        leave_ring3

        align 16
ones:           dd 1.0, 1.0, 1.0, 1.0
twos:           dd 2.0, 2.0, 2.0, 2.0
fours:          dd 4.0, 4.0, 4.0, 4.0
zero_among:     dd 3.0, 1.0, 0.0, 1.0
signs:          dd 1, 0x80000001, 2, 0x80000000
low_only:       dd 0x04030201, 0, 0, 0
three:          dd 3.0
half:           dd 0.5
denormal:       dd 1
smallest:       dd 0x00800000
largest:        dd 0x7f7fffff
signaling:      dd 0x7f800001
double_one:     dq 1.0
double_three:   dq 3.0
huge:           dq 1.0e300
scratch:        dd 0
                db 0, 0, 0
unaligned:      db 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
        align 16
result:         times 4 dd 0
image:          times 128 dd 0
