; Nothing: how long a system takes to start.
setup:  ret
unit:   mov ecx, 1000000
.again: dec ecx
        jnz .again
        mov eax, 1
        ret
