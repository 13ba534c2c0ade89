    .section .multiboot, "a"
    .align 4
    .long 0x1BADB002, 0, -0x1BADB002
    .text
    .globl start
start:
    mov $stack_top, %esp
    xor %ebp, %ebp
    clts
    fninit
    call start_c
    hlt
    .bss
    .align 16
    .skip 4096
stack_top:
    .section .note.GNU-stack, "", @progbits
