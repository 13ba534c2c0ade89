; INT n and IRET at CPL 0.
setup:  GATE 0x30, service, INTERRUPT_GATE
        ret
unit:   mov ecx, 50000
        xor eax, eax
.again: int 0x30
        dec ecx
        jnz .again
        ret
service:
        add eax, ecx
        iretd
