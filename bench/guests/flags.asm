; PUSHFD, CLI, POPFD: how a kernel protects a section.
setup:  ret
unit:   mov ecx, 1000000
        xor eax, eax
.again: pushfd
        cli
        add eax, ecx
        popfd
        dec ecx
        jnz .again
        ret
