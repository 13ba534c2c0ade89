; A compiler that always uses the same place: a function of 32 instructions of changing kinds and lengths, called 16 times, 1000 times over.
CODE    equ 0x400000
setup:  ret
unit:   mov ebp, 1000
        xor eax, eax
        mov esi, 12345
.again: mov edi, CODE
        mov ecx, 32
.emit:  imul esi, esi, 1103515245
        add esi, 12345
        mov edx, esi
        shr edx, 16
        and edx, 3
        jz .k0
        dec edx
        jz .k1
        dec edx
        jz .k2
        mov word [edi], 0xc083
        mov [edi + 2], cl
        add edi, 3
        jmp .next
.k0:    mov byte [edi], 0x05
        mov [edi + 1], esi
        add edi, 5
        jmp .next
.k1:    mov word [edi], 0xc0d1
        add edi, 2
        jmp .next
.k2:    mov byte [edi], 0x40
        inc edi
.next:  loop .emit
        mov byte [edi], 0xc3
        mov ebx, 16
.call:  mov edx, CODE
        call edx
        dec ebx
        jnz .call
        dec ebp
        jnz .again
        ret
