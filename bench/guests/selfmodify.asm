; A loop changes the immediate of its own next instruction.
setup:  ret
unit:   mov ecx, 20000
        xor edx, edx
        mov dword [patch + 1], 0
modify: add dword [patch + 1], 3
patch:  mov eax, 0
        add edx, eax
        dec ecx
        jnz modify
        mov eax, edx
        ret
