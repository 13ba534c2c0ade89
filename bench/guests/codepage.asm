; Data on the page of the code that works on it.
setup:  ret
unit:   mov ecx, 400000
        xor eax, eax
.again: add [counter], ecx
        add eax, [counter]
        dec ecx
        jnz .again
        mov dword [counter], 0
        ret
        align 4
counter: dd 0
