; Every privileged instruction raises #GP(0) in ring 3, whatever IOPL; with IOPL 0 so do CLI, STI and port I/O.
; SDM Vol. 3, 5.9; Vol. 2, CLI, STI, POPF, PUSHF, IN, OUT.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

main:
        mov al, 0xff                    ; no interrupts, whatever IF says
        out 0x21, al
        out 0xa1, al
        call_ring3 user_iopl0, 0x202
        call_ring3 user_iopl3, 0x3202
        pass

%macro privileged 0
        expect_fault 13, 0, hlt
        expect_fault 13, 0, clts
        expect_fault 13, 0, lgdt [gdt_register]
        expect_fault 13, 0, lidt [idt_register]
        xor eax, eax
        expect_fault 13, 0, lldt ax
        expect_fault 13, 0, ltr ax
        expect_fault 13, 0, lmsw ax
        expect_fault 13, 0, mov eax, cr0
        expect_fault 13, 0, mov cr0, eax
        expect_fault 13, 0, mov eax, cr2
        expect_fault 13, 0, mov cr2, eax
        expect_fault 13, 0, mov eax, cr3
        expect_fault 13, 0, mov cr3, eax
        expect_fault 13, 0, mov eax, cr4
        expect_fault 13, 0, mov cr4, eax
        expect_fault 13, 0, mov eax, dr0
        expect_fault 13, 0, mov dr7, eax
        expect_fault 13, 0, invd
        expect_fault 13, 0, wbinvd
        expect_fault 13, 0, invlpg [eax]
        expect_fault 13, 0, rdmsr
        expect_fault 13, 0, wrmsr
        expect_fault 13, 0, sysexit
        expect eax, 0
%endmacro

user_iopl0:
        mov ax, DATA3
        mov ds, ax
        mov es, ax
        privileged
        expect_fault 13, 0, cli
        expect_fault 13, 0, sti
        expect_fault 13, 0, in al, 0x21
        expect_fault 13, 0, out 0x80, al
        mov dx, 0x3f8
        expect_fault 13, 0, in eax, dx
        mov edi, fault_vector
        mov ecx, 1
        expect_fault 13, 0, rep insb
        mov esi, edi
        expect_fault 13, 0, outsb
        xor ecx, ecx
        ; POPF: IF and IOPL stay, without a fault
        push dword 0x3000
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x200
        ; interrupt gates of DPL 0
        expect_fault 13, 13 * 8 + 2, int 13
        expect_fault 13, 0x20 * 8 + 2, int 0x20
        expect_trap 3, int3
        leave_ring3

user_iopl3:
        mov ax, DATA3
        mov ds, ax
        privileged
        in al, 0x21
        expect al, 0xff
        out 0x80, al
        leave_ring3
