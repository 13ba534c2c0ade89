; EFLAGS.TF: a debug trap behind every instruction, not behind the POPF that sets it; INT n clears it for the handler.
; SDM Vol. 3, 17.3.1.4.
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
        mov word [4 * 1], step
        mov word [4 * 1 + 2], 0
        mov word [4 * 0x60], handler
        mov word [4 * 0x60 + 2], 0
        mov di, trail
        pushf
        pop ax
        or ax, 0x100
        push ax
        popf
        nop
.one:   inc bx
.two:   int 0x60
.three: rep movsw                       ; CX = 0
.four:  pushf
.five:  pop ax
.six:   and ax, 0xfeff
.seven: push ax
.eight: popf
.nine:  nop
        expect di, trail + 16
        expect word [trail], .one
        expect word [trail + 2], .two
        expect word [trail + 4], .four          ; neither inside the handler nor right behind its IRET
        expect word [trail + 6], .five
        expect word [trail + 8], .six
        expect word [trail + 10], .seven
        expect word [trail + 12], .eight
        expect word [trail + 14], .nine         ; TF was set when POPF began
        pass

step:
        push bp
        push ax
        mov bp, sp
        mov ax, [bp + 4]
        mov [di], ax
        add di, 2
        pop ax
        pop bp
        iret

handler:
        nop
        nop
        iret

trail:  times 20 dw 0
