; Segment registers are loaded.
setup:  ret
unit:   mov ecx, 200000
        mov ax, KERNEL_DATA
        mov bx, USER_DATA
        xor edx, edx
.again: mov es, bx
        mov fs, bx
        mov es, ax
        mov fs, ax
        add edx, ecx
        dec ecx
        jnz .again
        mov eax, edx
        ret
