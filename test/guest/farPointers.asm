; Segment registers from far pointers and through the stack, with 16- and 32-bit operand sizes; the multi-byte NOP reads nothing.
; SDM Vol. 2, LDS/LES/LFS/LGS/LSS, PUSH, POP, NOP.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00

        lfs bx, [pointer]
        expect bx, 0x1234
        mov ax, fs
        expect ax, 0x2345
        lgs ebx, [wide_pointer]
        expect ebx, 0x89abcdef
        mov ax, gs
        expect ax, 0x3456
        lss bp, [stack_pointer]
        expect bp, 0x4321
        mov ax, ss
        expect ax, 0x0010
        xor ax, ax
        mov ss, ax
        mov sp, 0x7c00

        push fs
        pop gs
        expect sp, 0x7c00
        mov ax, gs
        expect ax, 0x2345
        o32 push gs                     ; moves SP by four
        expect sp, 0x7bfc
        o32 pop fs
        expect sp, 0x7c00
        mov ax, fs
        expect ax, 0x2345

        nop word [bx + 0x7fff]
        nop dword [ebx]
        pass

pointer: dw 0x1234, 0x2345
wide_pointer: dd 0x89abcdef
        dw 0x3456
stack_pointer: dw 0x4321, 0x0010
