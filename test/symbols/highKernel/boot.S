/* Paging that maps 4 MiB at 0 and at 3 GiB; then something else at 0. */
    .set HIGH, 0xC0000000
    .set PRESENT_WRITABLE, 3
    .set CR0_PG, 0x80000000

    .section .multiboot, "a"
    .align 4
    .long 0x1BADB002, 0, -0x1BADB002

    .text
    .globl start
start:
    mov $stack_top - HIGH, %esp
    push $HIGH
    call early
    mov $table - HIGH, %edi
    mov $PRESENT_WRITABLE, %eax
1:  stosl
    add $0x1000, %eax
    cmp $0x400000, %eax
    jb 1b
    movl $table - HIGH + PRESENT_WRITABLE, directory - HIGH
    movl $table - HIGH + PRESENT_WRITABLE, directory - HIGH + 768 * 4
    mov $directory - HIGH, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
    mov $high, %ecx
    jmp *%ecx

high:
    mov $stack_top, %esp
    mov $other, %edi
    mov $stranger - HIGH + PRESENT_WRITABLE, %eax
    mov $1024, %ecx
    rep stosl
    movl $other - HIGH + PRESENT_WRITABLE, directory
    mov %cr3, %eax
    mov %eax, %cr3
    mov $early - HIGH, %eax
    call *%eax
    call late
    call done
    hlt

    .bss
    .align 0x1000
directory: .skip 0x1000
table:     .skip 0x1000
other:     .skip 0x1000
stack:     .skip 0x1000
stack_top:
    .data
    .align 0x1000
stranger:  .fill 0x1000, 1, 0xC3    /* ret */
