; A compiler whose code runs a few times: functions of 33 instructions, one behind the other through a megabyte, each called twice.
CODE    equ 0x400000
setup:  mov edi, CODE
        ret
unit:   xor eax, eax
        mov ebp, 1000
        mov edi, [next]
.again: mov [this], edi
        mov ecx, 16
.emit:  mov byte [edi], 0x05
        lea edx, [ebp + ecx]
        mov [edi + 1], edx
        mov word [edi + 5], 0xc0d1
        add edi, 7
        loop .emit
        mov byte [edi], 0xc3
        inc edi
        add edi, 15
        and edi, -16
        cmp edi, CODE + 0x100000
        jb .inside
        mov edi, CODE
.inside: mov edx, [this]
        call edx
        mov edx, [this]
        call edx
        dec ebp
        jnz .again
        mov [next], edi
        ret
        align 4096
next:   dd CODE
this:   dd 0
