; Keys: IRQ 1 with a handler of our own that reads scan codes (set 1) from port 60h, then the BIOS's INT 16h.
; expect: serial "1E 9E 30 B0 cd"
; expect: exit 0
; keys: "abcd"
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, [4 * 9]
        mov [bios_handler], ax
        mov ax, [4 * 9 + 2]
        mov [bios_handler + 2], ax
        mov word [4 * 9], key
        mov word [4 * 9 + 2], 0
        mov al, 0xfd                    ; IRQ 1 only
        out 0x21, al
.wait:  sti
        hlt
        cli
        cmp byte [codes], 4
        jb .wait
        mov ax, [bios_handler]
        mov [4 * 9], ax
        mov ax, [bios_handler + 2]
        mov [4 * 9 + 2], ax
        sti
        xor ah, ah
        int 0x16
        out 0xe9, al
.poll:  hlt
        mov ah, 1
        int 0x16
        jz .poll
        xor ah, ah
        int 0x16
        out 0xe9, al
        xor al, al
        out 0xf4, al

key:
        push ax
        in al, 0x60
        inc byte [codes]
        mov ah, al
        shr al, 4
        call digit
        mov al, ah
        and al, 15
        call digit
        mov al, ' '
        out 0xe9, al
        mov al, 0x20
        out 0x20, al
        pop ax
        iret
digit:
        cmp al, 10
        sbb al, 0x69
        das
        out 0xe9, al
        ret

bios_handler: dd 0
codes:  db 0
