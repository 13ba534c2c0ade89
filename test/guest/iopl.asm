; What IOPL lets ring 3 do with IF: CLI and STI, POPF, PUSHF. SDM Vol. 2, CLI, STI, POPF.
; Under trap-and-emulate PUSHF in user mode shows the VMM's IOPL and IF, so the first check goes wrong.
; expect: serial "PASS\n"
; expect: exit 0
; expect trap: serial "FAIL in iopl.asm:30 \n"
; expect trap: exit 1
; expect trap: silent "pushfd"
; expect trap: differs
%include "lib/protected.inc"

main:
        mov al, 0xff                    ; no interrupts, whatever IF says
        out 0x21, al
        out 0xa1, al
        call_ring3 user_iopl2, 0x2202
        call_ring3 user_iopl3, 0x3202
        call_ring3 user_iopl3_masked, 0x3002
        pass

user_iopl2:
        mov ax, DATA3
        mov ds, ax
        expect_fault 13, 0, cli
        expect_fault 13, 0, in al, 0x21
        push dword 0x3000
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x2200
        leave_ring3

user_iopl3:
        mov ax, DATA3
        mov ds, ax
        cli
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x3000
        sti
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x3200
        push dword 0x0                  ; IF may be changed, IOPL not
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x3000
        leave_ring3

user_iopl3_masked:
        mov ax, DATA3
        mov ds, ax
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x3000
        push dword 0x200
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        expect eax, 0x3200
        leave_ring3
