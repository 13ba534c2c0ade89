; Stacks of both sizes: POP SS moves the stack pointer by the size of the stack it leaves; MOV SS keeps ESP whole.
; SDM Vol. 1, 6.2.3; Vol. 2, POP.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor 0, 0xffff, 0x93, 0                   ; 30h: data, 16-bit stack
%endmacro
%include "lib/protected.inc"

main:
        mov ax, 0x30
        mov ss, ax
        mov esp, 0x2fffc                ; SP = FFFCh
        mov dword [0xfffc], DATA0
        o32 pop ss                      ; SP wraps to 0, the upper half of ESP stays
        expect esp, 0x20000
        mov esp, 0x20000
        mov dword [0x20000], 0x30
        o32 pop ss                      ; out of a 32-bit stack
        expect esp, 0x20004
        mov ax, DATA0
        mov ss, ax
        expect esp, 0x20004
        mov esp, STACK
        pass
