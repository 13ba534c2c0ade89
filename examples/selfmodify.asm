; Code that changes itself, and what a translator must do about it.
;
; The loop writes into its own ADD. A CPU simply fetches the new byte. An engine that decodes or translates code in
; blocks must notice the store, throw the block away and decode it again: watch the Block Cache view while stepping over
; INC, and the `blockInvalidated` events under binary translation.

        bits 16
        org 0x7c00

start:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        xor bx, bx
        mov cx, 10
again:
        add bx, byte 1                  ; the 1 is the third byte of the instruction
        inc byte [again + 2]            ; ... and now it is one more
        mov ax, bx
        call print_number
        mov al, ' '
        cmp cx, 1
        jne .print
        mov al, 10
.print:
        out 0xe9, al
        loop again
        xor al, al
        out 0xf4, al                    ; power off

print_number:                           ; AX, below 100
        aam                             ; AH: tens, AL: ones
        test ah, ah
        jz .ones
        xchg al, ah
        add al, '0'
        out 0xe9, al
        xchg al, ah
.ones:
        add al, '0'
        out 0xe9, al
        ret

        times 510 - ($ - $$) db 0
        dw 0xaa55
