; PUSHF, CLI and POPF around a section, often enough to be translated: a tick that comes in the section waits, and is taken
; behind the POPF that sets IF; one that leaves IF clear lets nothing in. SDM Vol. 2, CLI, POPF; Vol. 3, 6.8.1.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

ROUNDS  equ 3000

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
        mov al, 0xfe                    ; IRQ 0 only
        out 0x21, al
        mov dx, ROUNDS
        sti
again:  pushf
closed: cli
        mov cx, 300
.spin:  loop .spin
        pushf
        popf
        mov cx, 300
.more:  loop .more
        popf
behind: dec dx
        jnz again
        cli
        expect word [inside], 0
        cmp word [waited], 100
        expect_flag a
        pass

tick:
        push ax
        push bp
        mov bp, sp
        mov ax, [bp + 4]
        cmp ax, behind
        jne .elsewhere
        inc word [waited]
.elsewhere:
        cmp ax, closed
        jbe .open
        cmp ax, behind
        jae .open
        inc word [inside]
.open:  mov al, 0x20
        out 0x20, al
        pop bp
        pop ax
        iret

waited: dw 0
inside: dw 0
