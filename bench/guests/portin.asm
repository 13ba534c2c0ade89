; The interrupt mask of the first 8259A is read.
setup:  mov al, 0xa5
        out 0x21, al
        ret
unit:   mov ecx, 400000
        xor edx, edx
        xor eax, eax
.again: in al, 0x21
        add edx, eax
        dec ecx
        jnz .again
        mov eax, edx
        ret
