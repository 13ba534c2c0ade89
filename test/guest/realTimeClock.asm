; The real-time clock on IRQ 8, through the slave: periodic interrupt at 1024 Hz, update-ended, alarm.
; Motorola MC146818, "Interrupts".
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

%macro cmos 2                           ; register, value
        mov al, %1
        out 0x70, al
        mov al, %2
        out 0x71, al
%endmacro

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 0x70], tick
        mov word [4 * 0x70 + 2], 0
        mov al, 0xfb                    ; the cascade only
        out 0x21, al
        mov al, 0xfe                    ; IRQ 8
        out 0xa1, al

        cmos 0x0b, 0x42                 ; periodic, 24 hours
        mov cx, 5
.wait:  sti
        hlt
        cli
        loop .wait
        expect word [ticks], 5
        expect byte [flags], 0xc0

        ; two seconds from now
        cmos 0x0b, 0x02
        mov al, 0
        out 0x70, al
        in al, 0x71
        add al, 2
        daa
        mov bl, al
        cmos 1, bl
        cmos 3, 0xff
        cmos 5, 0xff
        cmos 0x0b, 0x22
        sti
        hlt
        cli
        expect word [ticks], 6
        mov al, [flags]
        and al, 0xb0
        expect al, 0xb0                 ; alarm, and the update it came with
        mov al, 0
        out 0x70, al
        in al, 0x71
        expect al, bl

        cmos 0x0b, 0x12
        sti
        hlt
        cli
        expect word [ticks], 7
        mov al, [flags]                 ; the periodic flag is set without its interrupt
        expect al, 0xd0
        pass

tick:
        push ax
        inc word [ticks]
        mov al, 0x0c
        out 0x70, al
        in al, 0x71
        mov [flags], al
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop ax
        iret

ticks:  dw 0
flags:  db 0
