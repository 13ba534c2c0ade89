; The BIOS services boot sectors use: teletype and cursor, memory size and map, disk, time, equipment.
; This is a disk image: the second sector holds a message.
; expect: serial "sector two\nPASS\n"
; expect: exit 0
        bits 16
        org 0x7c00
start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov [drive], dl

        mov ax, 0x0003                  ; 80 x 25 text
        int 0x10
        mov ax, 0x0e41
        mov bx, 7
        int 0x10
        mov ah, 3
        xor bh, bh
        int 0x10
        cmp dx, 0x0001
        jne bad
        push es
        mov ax, 0xb800
        mov es, ax
        cmp byte [es:0], 'A'
        pop es
        jne bad

        int 0x12
        cmp ax, 639
        jne bad
        mov ah, 0x88
        int 0x15
        jc bad
        cmp ax, 1024
        jne bad
        xor ebx, ebx
        mov di, 0x8000
        xor bp, bp
.map:   mov eax, 0xe820
        mov ecx, 20
        mov edx, 0x534d4150
        int 0x15
        jc bad
        cmp eax, 0x534d4150
        jne bad
        inc bp
        add di, 20
        test ebx, ebx
        jnz .map
        cmp bp, 3
        jb bad
        cmp dword [0x8000 + 16], 1
        jne bad

        mov dl, [drive]
        xor ah, ah
        int 0x13
        jc bad
        mov ax, 0x0201                  ; one sector, C/H/S 0/0/2
        mov cx, 0x0002
        xor dh, dh
        mov dl, [drive]
        mov bx, 0x9000
        int 0x13
        jc bad
        mov si, 0x9000
        call print
        mov ah, 8
        mov dl, [drive]
        int 0x13
        jc bad
        mov ax, 0x0201                  ; no such sector
        mov cx, 0x4ff3
        mov dh, 9
        mov dl, [drive]
        int 0x13
        jnc bad

        xor ah, ah
        int 0x1a
        mov ah, 2
        int 0x1a
        jc bad
        int 0x11
        mov ah, 1                       ; no key is waiting
        int 0x16
        jnz bad
        mov si, good
        call print
        xor al, al
        out 0xf4, al
bad:
        mov al, 'F'
        out 0xe9, al
        mov al, 1
        out 0xf4, al
        hlt
print:
        lodsb
        test al, al
        jz .done
        out 0xe9, al
        jmp print
.done:
        ret
drive:  db 0
good:   db "PASS", 10, 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
        db "sector two", 10, 0
        times 1024 - ($ - $$) db 0
