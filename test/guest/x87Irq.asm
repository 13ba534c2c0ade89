; x87 errors as a PC/AT reports them, with CR0.NE clear: FERR# raises IRQ 13, the processor waits at the next x87 instruction
; that waits, a write to port F0h acknowledges. SDM Vol. 1, appendix D.
; launch: cpu 486
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 0x75], error
        mov word [4 * 0x75 + 2], cs
        mov word [4 * 0x10], unexpected ; #MF has this vector
        mov word [4 * 0x10 + 2], cs
        in al, 0xa1                     ; IRQ 13 and the cascade
        and al, ~0x20
        out 0xa1, al
        in al, 0x21
        and al, ~0x04
        out 0x21, al
        fninit
        fldcw [unmasked]
        sti

        ; the faulting instruction itself goes unnoticed, as do those that do not wait
        fld1
        fdiv dword [zero]
        fnstsw ax
        mov cx, 10
.wait:  loop .wait
        expect word [errors], 0
        test al, 0x84
        expect_flag nz
waiting: fwait
        expect word [errors], 1
        expect word [error_ip], waiting
        fwait                           ; FNCLEX was the cure
        expect word [errors], 1

        ; again, and this time IGNNE# alone lets it go on: the handler leaves the exception pending
        mov byte [cure], 0
        fdiv dword [zero]
second: fadd dword [one]
        expect word [errors], 2
        expect word [error_ip], second
        fadd dword [one]
        expect word [errors], 2
        fnclex                          ; the error is gone, and with it IGNNE#
        mov byte [cure], 1
        fdiv dword [zero]
third:  fld1
        expect word [errors], 3
        expect word [error_ip], third
        fstp dword [result]
        expect word [result + 2], 0x3f80
        pass

error:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 2]
        mov [error_ip], ax
        inc word [errors]
        out 0xf0, al
        cmp byte [cure], 0
        je .pending
        fnclex
.pending:
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop ax
        pop bp
        iret

unexpected:
        fail

unmasked:       dw 0x37b
zero:           dd 0.0
one:            dd 1.0
result:         dd 0
errors:         dw 0
error_ip:       dw 0
cure:           db 1
