/* Multiboot header, descriptor tables, stacks, and the way in and out of the C code. */
    .set CODE, 0x08
    .set DATA, 0x10
    .set USER_CODE, 0x18
    .set USER_DATA, 0x20
    .set TSS, 0x28
    .set GP, 13

    .section .multiboot, "a"
    .align 4
    .long 0x1BADB002, 0, -0x1BADB002

    .text
    .globl start, enter_user
start:
    mov $stack_top, %esp
    mov $tss, %eax
    mov %ax, gdt + TSS + 2
    shr $16, %eax
    mov %al, gdt + TSS + 4
    mov %ah, gdt + TSS + 7
    mov $gp_entry, %eax
    mov %ax, idt + 8 * GP
    shr $16, %eax
    mov %ax, idt + 8 * GP + 6
    lgdt gdtr
    lidt idtr
    ljmp $CODE, $1f
1:  mov $DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $TSS, %eax
    ltr %ax
    call kmain
    hlt

gp_entry:                       /* the CPU has pushed an error code */
    pushl $GP
    pusha
    mov $DATA, %eax
    mov %eax, %ds
    push %esp
    call trap
    add $4, %esp
    popa
    add $8, %esp
    iret

enter_user:                     /* (code): to ring 3, for ever */
    mov 4(%esp), %ecx
    mov %esp, tss + 4
    mov $USER_DATA | 3, %eax
    mov %eax, %ds
    mov %eax, %es
    push %eax
    push $user_stack_top - 4
    push $2                     /* EFLAGS: IOPL 0 */
    push $USER_CODE | 3
    push %ecx
    iret

    .data
    .align 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff
    .quad 0x00cf92000000ffff
    .quad 0x00cffa000000ffff
    .quad 0x00cff2000000ffff
    .word tss_end - tss - 1, 0, 0x8900, 0
gdtr:
    .word . - gdt - 1
    .long gdt
idt:
    .fill GP, 8, 0
    .word 0, CODE, 0x8e00, 0
idtr:
    .word . - idt - 1
    .long idt
tss:
    .long 0, 0, DATA            /* the stack for ring 0 */
    .fill 22, 4, 0
    .word 0, io_map - tss
io_map:
    .fill 30, 1, 0              /* ports 0 to EFh are ring 3's too */
    .byte 0xff
tss_end:

    .bss
    .align 16
    .skip 4096
stack_top:
    .skip 4096
user_stack_top:

    .section .note.GNU-stack, "", @progbits
