; What the tests of Guest Screen and serial terminal talk to. It prints its name, answers COM1 in capitals, and tells on COM2 what
; keyboard and mouse sent: `k1E` for a scan code, `m08 0A FB` for a packet. A boot sector; define SECOND for the other VM.
        bits 16
        org 0x7c00

COM1            equ 0x3f8
COM2            equ 0x2f8

start:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        mov si, name
.print: lodsb
        test al, al
        jz .devices
        mov ah, 0x0e
        mov bx, 7
        int 0x10
        jmp .print
.devices:
        mov al, 0xfe                    ; the timer alone interrupts: it wakes us to look
        out 0x21, al
        mov al, 0xff
        out 0xa1, al
        mov al, 0xa8                    ; auxiliary port on
        out 0x64, al
        mov al, 0xd4                    ; the mouse: report
        out 0x64, al
        mov al, 0xf4
        out 0x60, al

wait_:  sti
        hlt
        cli
look:   mov dx, COM1 + 5
        in al, dx
        test al, 1
        jz .keys
        mov dx, COM1
        in al, dx
        cmp al, 'a'
        jb .echo
        sub al, 32
.echo:  out dx, al
        jmp look
.keys:  in al, 0x64
        test al, 1
        jz wait_
        test al, 0x20
        in al, 0x60
        jnz .mouse
        push ax
        mov al, 'k'
        call put
        pop ax
        call hex
        call line
        jmp look
.mouse: movzx bx, byte [count]
        test bx, bx
        jnz .more
        cmp al, 0xfa                    ; the acknowledgement of F4
        je look
.more:  mov [packet + bx], al
        inc byte [count]
        cmp byte [count], 3
        jne look
        mov byte [count], 0
        mov al, 'm'                     ; whole, for keys may have come between its bytes
        call put
        mov al, [packet]
        call hex
        mov al, ' '
        call put
        mov al, [packet + 1]
        call hex
        mov al, ' '
        call put
        mov al, [packet + 2]
        call hex
        call line
        jmp look

line:   mov al, 10
put:    mov dx, COM2
        out dx, al
        ret

hex:    push ax
        shr al, 4
        call .digit
        pop ax
        and al, 15
.digit: cmp al, 10
        sbb al, 0x69
        das                             ; 0 to 15 become '0' to 'F'
        jmp put

count:  db 0
packet: times 3 db 0
%ifdef SECOND
name:   db 'This is the second VM.', 0
%else
name:   db 'This is the first VM.', 0
%endif
        times 510 - ($ - $$) db 0
        dw 0xaa55
