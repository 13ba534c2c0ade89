; The VGA: pixels through the BIOS and through memory in modes 12h and 13h, then the linear frame buffer of a VBE mode from
; protected mode, where it is memory like any other: code runs in it, and sees itself changed.
; expect: serial "PASS\n"
; expect: exit 0
        bits 16
        org 0x7c00
start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00

        mov ax, 0x0013
        int 0x10
        mov ax, 0x0c2a                  ; colour 2Ah at 10, 3
        xor bx, bx
        mov cx, 10
        mov dx, 3
        int 0x10
        mov ax, 0xa000
        mov es, ax
        cmp byte [es:320 * 3 + 10], 0x2a
        jne bad
        mov byte [es:320 * 4 + 5], 0x55
        mov ah, 0x0d
        mov cx, 5
        mov dx, 4
        int 0x10
        cmp al, 0x55
        jne bad
        mov di, 320 * 5                 ; a string store into device memory
        mov eax, 0x04030201
        mov cx, 4
        rep stosd
        cmp dword [es:320 * 5 + 12], 0x04030201
        jne bad

        mov ax, 0x0012
        int 0x10
        mov ax, 0x0c0b
        mov cx, 639
        mov dx, 479
        int 0x10
        mov ah, 0x0d
        int 0x10
        cmp al, 0x0b
        jne bad
        cmp byte [es:479 * 80 + 79], 1  ; plane 0 has its bit
        jne bad

        xor ax, ax
        mov es, ax
        mov di, 0x9000
        mov dword [di], 'VBE2'
        mov ax, 0x4f00
        int 0x10
        cmp ax, 0x004f
        jne bad
        cmp dword [di], 'VESA'
        jne bad
        mov ax, 0x4f01
        mov cx, 0x0142                  ; 640 x 480 x 32
        int 0x10
        cmp ax, 0x004f
        jne bad
        cmp word [di + 18], 640
        jne bad
        mov eax, [di + 40]
        mov [frame], eax
        mov ax, 0x4f02
        mov bx, 0x4142
        int 0x10
        cmp ax, 0x004f
        jne bad
        mov ax, 0x4f03
        int 0x10
        cmp bx, 0x4142
        jne bad

        cli
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 0x08:protected
bad:
        mov al, '!'
        out 0xe9, al
        mov al, 1
        out 0xf4, al
        hlt

        bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00
        mov edi, [frame]
        cmp dword [edi], 0              ; setting the mode cleared it
        jne wrong
        mov eax, 0x00ff8040
        mov ecx, 640 * 4
        push edi
        rep stosd
        pop edi
        cmp dword [edi + 640 * 16 - 4], 0x00ff8040
        jne wrong
        cmp dword [edi + 640 * 16], 0
        jne wrong
        mov word [edi + 1], 0x1234      ; unaligned
        cmp dword [edi], 0x00123440
        jne wrong
        mov byte [edi], 0xb8            ; mov eax, 1; ret
        mov dword [edi + 1], 1
        mov byte [edi + 5], 0xc3
        mov ecx, 3
again:  call edi
        inc dword [edi + 1]
        loop again
        call edi
        cmp eax, 4
        jne wrong
        mov esi, text
print:  lodsb
        test al, al
        jz done
        out 0xe9, al
        jmp print
done:   out 0xf4, al
        hlt
wrong:  mov al, '?'
        out 0xe9, al
        out 0xf4, al
        hlt

text:   db 'PASS', 10, 0
frame:  dd 0
        align 8
gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:   dw gdtr - gdt - 1
        dd gdt

        times 1024 - ($ - $$) db 0
