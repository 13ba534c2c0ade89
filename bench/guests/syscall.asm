; System calls: INT 80h from CPL 3 and IRET back.
kernel_stack equ VARIABLES
setup:  GATE 0x80, service, USER_GATE
        GATE 0x81, done, USER_GATE
        ret
unit:   mov [kernel_stack], esp
        push USER_DATA
        push 0xe00000
        pushfd
        push USER_CODE
        push user
        iretd
user:   mov ecx, 50000
        xor eax, eax
.again: int 0x80
        dec ecx
        jnz .again
        int 0x81
service:
        lea eax, [eax + 2 * ecx + 1]
        iretd
done:   mov ax, KERNEL_DATA       ; IRETD to CPL 3 made them null
        mov ds, ax
        mov es, ax
        mov esp, [kernel_stack]
        ret
