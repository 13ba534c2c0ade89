; REP STOSB, 64 KiB at a time.
setup:  ret
unit:   mov ebx, 400
        xor edx, edx
.round: mov edi, 0x300000
        mov ecx, 0x10000
        mov al, bl
        rep stosb
        add edx, [0x30fffc]
        dec ebx
        jnz .round
        mov eax, edx
        ret
