; The timer: channel 0 of the 8254 at 10 kHz, IRQ 0 through the 8259A, HLT until it comes; STI's shadow; masking.
; SDM Vol. 2, HLT, STI; Intel 8254, mode 2; 8259A, EOI.
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
        mov word [4 * 8], tick
        mov word [4 * 8 + 2], 0
        mov al, 0x34                    ; channel 0, both bytes, mode 2
        out 0x43, al
        mov ax, 119
        out 0x40, al
        mov al, ah
        out 0x40, al
        mov al, 0xfe                    ; IRQ 0 only
        out 0x21, al

        ; HLT wakes up once a tick, behind itself
        mov cx, 5
.wait:  sti
        hlt
        cli
        inc word [wakes]
        loop .wait
        expect word [ticks], 5
        expect word [wakes], 5

        ; while IF is clear a tick waits, and comes behind the instruction after STI
        mov ecx, 12000
.spin:  a32 loop .spin
        expect word [ticks], 5
        sti
        nop
.shadow_ends:
        nop
        cli
        expect word [ticks], 6
        expect word [tick_ip], .shadow_ends

        ; masked at the controller
        mov al, 0xff
        out 0x21, al
        mov ax, [ticks]
        sti
        mov ecx, 30000
.spin2: a32 loop .spin2
        cli
        expect [ticks], ax
        pass

tick:
        push ax
        push bp
        mov bp, sp
        mov ax, [bp + 4]
        mov [tick_ip], ax
        inc word [ticks]
        mov al, 0x20
        out 0x20, al
        pop bp
        pop ax
        iret

ticks:  dw 0
wakes:  dw 0
tick_ip: dw 0
