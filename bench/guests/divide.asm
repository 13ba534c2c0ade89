; Divide errors: the handler steps over the DIV.
setup:  GATE 0, error, INTERRUPT_GATE
        ret
unit:   mov ecx, 30000
        xor esi, esi
        xor ebx, ebx
.again: mov eax, ecx
        xor edx, edx
        div ebx
        dec ecx
        jnz .again
        mov eax, esi
        ret
error:  add dword [esp], 2
        add esi, ecx
        iretd
