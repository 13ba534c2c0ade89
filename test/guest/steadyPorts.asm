; Ports that programs poll: what a register holds is seen as soon as it changes, whether a timer, an interrupt, a key, another port or the
; x87 changed it; where interrupts come is written down. What is written to a register that only keeps it comes back.
; Intel 8259A, OCW3; National PC16550D, line status and scratch register; IBM PC AT, ports 60h, 64h and 80h.
; launch: cpu 486
; keys: "a"
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

MASKS   equ 0x21
COM1    equ 0x3f8

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 8], tick
        mov word [4 * 8 + 2], 0
        mov al, 0x34                    ; channel 0, both bytes, mode 2: 10 kHz
        out 0x43, al
        mov ax, 119
        out 0x40, al
        mov al, ah
        out 0x40, al

        ; masked and unmasked in turn
        mov cx, 300
.masks: mov al, cl
        or al, 1
        out MASKS, al
        mov bl, al
        mov dx, MASKS
        in al, dx
        expect al, bl
        in al, MASKS
        expect al, bl
        mov dx, 0x400 + MASKS           ; not decoded
        in al, dx
        expect al, 0xff
        loop .masks

        ; the POST code and the scratch register keep a byte, beside ports that do something
        mov cx, 500
.plain: mov al, cl
        out 0x80, al
        mov dx, COM1 + 7
        not al
        out dx, al
        test cl, 31
        jnz .only
        mov al, 0x0b                    ; OCW3: the service register is read
        out 0x20, al
        in al, 0x20
        expect al, 0
.only:  in al, dx
        not al
        expect al, cl
        in al, 0x80
        expect al, cl
        loop .plain

        ; a tick appears in the request register, between two reads of it
        mov al, 0xff
        out MASKS, al
        mov al, 0x0a
        out 0x20, al
        mov cx, 4
.next:  xor ebp, ebp
.quiet: inc ebp
        in al, 0x20
        test al, 1
        jz .quiet
        cmp ebp, 20000
        expect_flag b
        add [sum], ebp
        mov al, 0xfe                    ; take it
        out MASKS, al
        sti
        nop
        nop
        cli
        mov al, 0xff
        out MASKS, al
        loop .next
        expect word [ticks], 4

        ; where ticks come while nothing but such ports is accessed
        mov al, 0xfe
        out MASKS, al
        sti
        xor ebp, ebp
.poll:  inc ebp
        in al, MASKS
        cmp al, 0xfe
        jne bad
        in al, 0x64
        test al, 0x10
        jz bad
        mov dx, COM1 + 5
        in al, dx
        cmp al, 0x60
        jne bad
        mov eax, ebp
        out 0x80, al
        in al, 0x80
        cmp ax, bp
        jne .other
.other: cmp word [ticks], 24
        jb .poll
        cli
        mov al, 0xff
        out MASKS, al

        ; bytes come back in loopback, an overrun is seen once
        mov dx, COM1 + 3                ; eight bits
        mov al, 3
        out dx, al
        inc dx
        mov al, 0x10
        out dx, al
        mov cx, 200
.loop:  mov dx, COM1 + 5
        in al, dx
        expect al, 0x60
        in al, dx
        expect al, 0x60
        mov dx, COM1
        mov al, cl
        out dx, al
        mov dx, COM1 + 5
        in al, dx
        expect al, 0x61
        in al, dx
        expect al, 0x61
        mov dx, COM1
        out dx, al
        mov dx, COM1 + 5
        in al, dx
        expect al, 0x63
        in al, dx
        expect al, 0x61
        mov dx, COM1
        in al, dx
        expect al, cl
        loop .loop

        ; a key
        xor ebp, ebp
.key:   inc ebp
        in al, 0x64
        test al, 1
        jz .key
        in al, 0x60
        cmp al, 0x9e                    ; until it is released
        jne .key
        in al, 0x64
        test al, 1
        expect_flag z
        add [sum], ebp

        ; the x87 asks for IRQ 13, which is taken at once
        mov word [4 * 0x75], error
        mov word [4 * 0x75 + 2], 0
        mov al, 0xdf
        out 0xa1, al
        mov al, 0xfb
        out MASKS, al
        fninit
        fldcw [unmasked]
        sti
        mov cx, 300
.error: in al, 0xa1
        expect al, 0xdf
        fld1
        fdiv dword [zero]
        in al, 0xa1
        expect word [errors], 0
        fwait
        expect word [errors], 1
        mov word [errors], 0
        fninit
        fldcw [unmasked]
        loop .error
        pass

bad:    fail

tick:
        push ax
        inc word [ticks]
        add [sum], ebp
        rol dword [sum], 1
        mov al, 0x20
        out 0x20, al
        pop ax
        iret

error:
        push ax
        inc word [errors]
        fnclex
        out 0xf0, al
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop ax
        iret

unmasked:       dw 0x37b
zero:           dd 0.0
ticks:          dw 0
errors:         dw 0
sum:            dd 0
