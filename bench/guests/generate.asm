; Generates a function of 33 instructions and calls it 64 times, 2000 times over.
CODE    equ 0x400000
setup:  ret
unit:   mov ebp, 2000
        xor eax, eax
.again: mov edi, CODE
        mov ecx, 16
.emit:  mov byte [edi], 0x05            ; add eax, imm32
        lea edx, [ebp + ecx]
        mov [edi + 1], edx
        mov word [edi + 5], 0xc0d1      ; rol eax, 1
        add edi, 7
        loop .emit
        mov byte [edi], 0xc3
        mov ebx, 64
.call:  mov edx, CODE
        call edx
        dec ebx
        jnz .call
        dec ebp
        jnz .again
        ret
