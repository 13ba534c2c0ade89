; Two loops, a routine with a branch in it, and BIOS output: enough blocks, chained and hot, for a graph.

        bits 16
        org 0x7c00

start:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov si, greeting
.print: lodsb
        test al, al
        jz .work
        mov ah, 0x0e
        int 0x10
        jmp .print
.work:  mov dx, 300
.outer: mov cx, 200
.inner: call collatz
        add [total], bx
        loop .inner
        dec dx
        jnz .outer
        cli
.end:   hlt
        jmp .end

; CX: a number. BX: half of it, or three times it and one.
collatz:
        mov bx, cx
        test bl, 1
        jnz .odd
        shr bx, 1
        ret
.odd:   lea bx, [bx + 1]
        add bx, cx
        add bx, cx
        ret

greeting: db 'Hot and cold blocks.', 13, 10, 0
total:  dw 0

        times 510 - ($ - $$) db 0
        dw 0xaa55
