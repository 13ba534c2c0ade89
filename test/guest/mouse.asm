; The PS/2 mouse at the auxiliary port of the i8042, on IRQ 12: found as an operating system finds it, reset, asked for its wheel.
; IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller"; "Mouse".
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

%macro controller 1                     ; a command
        mov al, %1
        out 0x64, al
%endmacro

%macro mouse 2                          ; a command, how many bytes it answers
        mov word [received], 0
        controller 0xd4
        mov al, %1
        out 0x60, al
        mov cx, %2
        call collect
%endmacro

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 0x74], packet
        mov word [4 * 0x74 + 2], 0
        mov al, 0xfb                    ; the cascade only
        out 0x21, al
        mov al, 0xef                    ; IRQ 12
        out 0xa1, al

        controller 0xa9                 ; test the interface
        in al, 0x60
        expect al, 0
        controller 0x20
        in al, 0x60
        or al, 2                        ; IRQ 12
        and al, ~0x20                   ; auxiliary port on
        mov bl, al
        controller 0x60
        mov al, bl
        out 0x60, al

        controller 0xd3                 ; as if the mouse had sent it
        mov al, 0xa5
        out 0x60, al
        mov cx, 1
        call collect
        expect byte [bytes], 0xa5
        test byte [status], 0x20
        expect_flag nz

        mouse 0xff, 3
        expect byte [bytes], 0xfa
        expect word [bytes + 1], 0x00aa
        mov si, knock
.knock: mouse 0xf3, 1
        lodsb
        mov bl, al
        mouse bl, 1
        expect byte [bytes], 0xfa
        cmp si, knock_end
        jb .knock
        mouse 0xf2, 2
        expect word [bytes], 0x03fa     ; a wheel
        mouse 0xf4, 1
        mouse 0xe9, 4
        expect dword [bytes], 0x500220fa ; reporting, 80 a second
        pass

; Wait for CX bytes.
collect:
        sti
        hlt
        cli
        cmp [received], cx
        jb collect
        ret

packet:
        push ax
        push bx
        in al, 0x64
        mov [status], al
        in al, 0x60
        mov bx, [received]
        mov [bytes + bx], al
        inc word [received]
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop bx
        pop ax
        iret

knock:          db 200, 100, 80
knock_end:
status:         db 0
        align 2
received:       dw 0
bytes:          times 8 db 0
