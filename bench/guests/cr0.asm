; CR0.TS is set and cleared.
setup:  ret
unit:   mov ecx, 500000
        mov eax, cr0
.again: xor eax, 8
        mov cr0, eax
        xor eax, 8
        mov cr0, eax
        dec ecx
        jnz .again
        ret
