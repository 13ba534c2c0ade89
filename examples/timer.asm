; A boot sector with a heartbeat: IRQ 0 ten times, HLT in between.
;
; The BIOS has set the timer to 18.2 Hz and the interrupt controller to vector 08h. The guest hooks the vector, counts, and
; sleeps. Guest time follows retired instructions, and jumps ahead while the CPU is halted: every run is the same.

        bits 16
        org 0x7c00

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 8], tick          ; interrupt vector 08h: offset, segment
        mov [4 * 8 + 2], cs
        sti
.sleep:
        hlt                             ; until the next interrupt
        cmp byte [ticks], 10
        jb .sleep

        mov al, 10
        out 0xe9, al
        xor al, al
        out 0xf4, al                    ; power off

tick:
        push ax
        mov al, [cs:ticks]
        inc byte [cs:ticks]
        add al, '0'
        out 0xe9, al
        mov al, 0x20                    ; end of interrupt
        out 0x20, al
        pop ax
        iret

ticks:  db 0

        times 510 - ($ - $$) db 0
        dw 0xaa55
