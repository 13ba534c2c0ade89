; A kernel whose own segments and user segments lie in an LDT. SDM Vol. 3, 3.5.1.
; Under trap-and-emulate every load from the LDT faults to the VMM, so the result is bare metal's.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor at(ldt), 8 * 5 - 1, 0x82, 0          ; 30h: LDT
%endmacro
%include "lib/protected.inc"

main:
        mov ax, 0x30
        lldt ax
        jmp 0x04:.local
.local: mov ax, 0x0c
        mov ds, ax
        mov ss, ax
        mov es, ax
        expect dword [es:gdt_register + 2], gdt
        call 0x04:.far
        mov dword [ring0_esp], esp
        mov dword [ring0_eip], .back
        push dword 0x1c + 3
        push dword RING3_STACK
        push dword 0x202
        push dword 0x14 + 3
        push dword .user
        iretd
.back:  mov ax, DATA0
        mov ss, ax
        pass
.far:   retf
.user:  mov ax, 0x1c + 3
        mov ds, ax
        mov ax, 0x0c
        expect_fault 13, 0x0c, mov es, ax
        mov dword [0x9ffc], 1
        mov ax, ds
        expect ax, 0x1f
        mov ax, cs
        expect ax, 0x17
        leave_ring3

        align 8
ldt:    descriptor 0, 0xfffff, 0x9a, 12
        descriptor 0, 0xfffff, 0x92, 12
        descriptor 0, 0xfffff, 0xfa, 12
        descriptor 0, 0xfffff, 0xf2, 12
        dq 0
